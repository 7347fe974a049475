"""What a musician does to clips and their drums: immutable documents, each change one step back and forth."""
