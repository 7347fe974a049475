"""The Jam panel: what you play, the drums that answer, and the controls that steer them."""
