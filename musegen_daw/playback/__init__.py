"""Hearing what was rendered or vocoded through the sound device, without waiting for anything."""
