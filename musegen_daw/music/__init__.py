"""Music data and arithmetic: no files, devices or models."""
