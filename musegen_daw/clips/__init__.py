"""Clips and their drums as immutable documents, with undo, autosave, project files and export."""
