"""Playing live as one thing: ports, clock, session, sound and recording, opened together and closed together."""
