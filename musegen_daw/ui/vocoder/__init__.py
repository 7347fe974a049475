"""The Vocoder panel: a mel spectrogram, its resynthesis by several decoders, and their comparison."""
