"""Time and threads while playing: clocks, transport, scheduling, listening; no driver and no window."""
