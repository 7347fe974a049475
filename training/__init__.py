"""Training pipelines: from corpora to checkpoints."""
