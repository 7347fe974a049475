"""Widgets and looks that the panels share."""
