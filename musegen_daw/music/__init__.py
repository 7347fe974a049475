"""Music data and its arithmetic: no files, no devices, no models."""
