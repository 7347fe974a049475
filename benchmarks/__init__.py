"""Measurements and stress tests of the product; nothing of it depends on them."""
