"""Audio to log-mels and back.

`mel` (the log-mel), `mel_file` (.npy files) and `mel_input` (mels of audio, stretched and transposed) lead to a
`decoder`: `vocoder` with its level correction `imposing`, or `griffin_lim`. `decoders` finds and opens them.
"""
