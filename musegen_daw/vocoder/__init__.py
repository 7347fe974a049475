"""From mel spectrograms back to audio."""
