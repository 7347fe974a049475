"""The Jam panel: what is heard, played and planned, and the controls to steer it."""
