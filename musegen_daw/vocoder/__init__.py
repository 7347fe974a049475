"""Audio to log-mels and back.

`mel` (the log-mel), `mel_file` (.npy files) and `mel_input` (mels of audio, changed by `stretching` and `formants`)
lead, with the image of a stereo source (`decoder_input`, `stereo`), to a `decoder`: `vocoder` with its level correction
`imposing`, or `griffin_lim`. `decoders` finds and opens them; `choosing` says which fits a source, by its `bandwidth`.
"""
