"""A vocoder that is trained in a second."""

from __future__ import annotations

TINY_VOCODER = """
adversarial_from = 2
validation_crops = 4
validation_frames = 16
bfloat16 = false

[model]
widths = [12, 8, 6]
kernels = [3, 5]
dilations = [1]
clock_frames = 4
imposed_rounds = 2

[critic]
periods = [2, 3]
period_width = 2
windows = [256]
window_width = 2

[data]
crop_frames = 12

[loop]
steps = 4
batch_size = 3
learning_rate = 1e-3
warmup_steps = 2
validate_every = 2
checkpoint_every = 2
"""
