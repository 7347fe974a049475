"""The window moves whatever the model does: drums are written in a process of its own."""
