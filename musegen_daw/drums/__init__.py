"""Drums for a part, in the order of the modules:

part: `part` (features by bar and as a whole), `features` (by sixteenth), `model_input` (a request in model bars)
style: `style` (styles, and the choice among them), `style_names` and `style_words`
plan: `plan`, `planner` (writes plans), `planner_inputs`, `plan_reading` (from drums), `plan_repeats`
hits: `take_writer` (a take), `bar_writer` (a bar), with `grammar`, `guidance`, `sampler`, `tokens`
hand: `hand` (what can be played, velocity and timing)

`generator` runs all of them, `request` holds its questions and answers, `job` makes requests from files and settings,
`model` opens a model, `critic` sorts takes. `events` and `meter` are the arrays and meters that all share.
"""
