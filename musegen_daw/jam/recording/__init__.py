"""A jam as a song: recorded, with the tempo that was played."""
