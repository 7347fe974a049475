"""What is played next: what was heard, the modes, and the worker that has drums generated."""
