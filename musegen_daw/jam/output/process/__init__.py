"""A scheduler in a process of its own, so that notes leave on time whatever the rest of the program does."""
