"""Playing live: ports, clock, session, sound and recording."""
