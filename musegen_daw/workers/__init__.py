"""What takes long, in processes of its own: the window's interpreter is left to the window."""
