"""Measurements of playing live; nothing of the app depends on them."""
