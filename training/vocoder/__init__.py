"""The vocoder: from a corpus of audio to a trained network, its measures and its report."""
