"""The window: panels on PySide6 that show what the other rooms do, with no musical logic of their own."""
