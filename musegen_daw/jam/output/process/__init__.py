"""Notes leave on time whatever the rest of the program does: a scheduler in a process of its own."""
