"""The Vocoder panel: a mel spectrogram, what decoders make of it, and the ear that compares them."""
