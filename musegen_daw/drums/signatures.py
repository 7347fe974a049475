"""What the program needs of each graph of a drum model: the arrays that it takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from musegen_daw.drums.bar_features import AHEAD, PLACE
from musegen_daw.drums.critic import VOICE_FEATURES, WINDOW_FRAMES
from musegen_daw.drums.events import FRAMES_PER_BAR
from musegen_daw.drums.features import CONTROL_SIZES, DRUM_FEATURES, PART_FEATURES
from musegen_daw.drums.hand import STEP_FEATURES, Noise
from musegen_daw.drums.part_summary import PART_SUMMARY
from musegen_daw.drums.plan_history import HISTORY
from musegen_daw.drums.plan_inputs import STYLE_INPUT, TEMPO_INPUT, WINDOW_INPUT
from musegen_daw.drums.plan_reading import CYMBALS, KINDS, LEVELS
from musegen_daw.drums.style import STYLE_FEATURES
from musegen_daw.models.signature import Signature
from musegen_daw.music.kit import PIECES

MAX_WIDTH, MAX_LAYERS = 1 << 14, 16
_TOUCH = 4  # mean and spread of velocity and of time


@dataclass(frozen=True, slots=True)
class DrumSizes:
    """The sizes of a drum model that its graphs share, read from its description."""

    context_width: int
    history_width: int
    decoder_layers: int
    decoder_width: int
    planner_width: int

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> DrumSizes:
        """The sizes in the facts of a model; raises KeyError, TypeError or ValueError where they are none."""
        sizes, planner = facts["sizes"], facts["planner"]
        return cls(
            _size(sizes, "context_width", MAX_WIDTH),
            _size(sizes, "history_width", MAX_WIDTH),
            _size(sizes, "decoder_layers", MAX_LAYERS),
            _size(sizes, "decoder_width", MAX_WIDTH),
            _size(planner, "width", MAX_WIDTH),
        )


def drum_signatures(
    sizes: DrumSizes, tokens: int, styles: int, step_context: int | str
) -> dict[str, Signature]:
    """The signature of every role of a drum model with so many tokens and styles.

    `step_context` is the width of what `look_back` hands to each step.
    """
    context, history = sizes.context_width, sizes.history_width
    state = (sizes.decoder_layers, "rows", sizes.decoder_width)
    planner_state = (1, "rows", sizes.planner_width)
    controls = len(CONTROL_SIZES)
    step = Signature(
        (("rows",), ("rows", step_context), state, state),
        (("rows", tokens), state, state),
        whole=frozenset({0}),
    )
    return {
        "encode": Signature(
            (("bars", FRAMES_PER_BAR, PART_FEATURES), ("bars",)),
            (("bars", FRAMES_PER_BAR, context), ("bars", context)),
        ),
        "choose": Signature(((PART_SUMMARY,),), ((styles,),)),
        "expect": Signature(
            (
                ("bars", FRAMES_PER_BAR, context),
                ("rows", "bars", FRAMES_PER_BAR, STYLE_FEATURES),
                ("rows", "bars", controls),
            ),
            (("rows", "bars", FRAMES_PER_BAR, len(PIECES)),),
            whole=frozenset({2}),
        ),
        "look_back": Signature(
            (
                (FRAMES_PER_BAR, context),
                (context,),
                ("past", context),
                ("rows", "earlier", FRAMES_PER_BAR, history),
                ("rows", FRAMES_PER_BAR, DRUM_FEATURES),
                ("past",),
                ("rows", FRAMES_PER_BAR, STYLE_FEATURES),
                ("rows", controls),
            ),
            (("rows", FRAMES_PER_BAR, step_context), ("rows", FRAMES_PER_BAR, history)),
            whole=frozenset({7}),
        ),
        "step": step,
        "step_8bit": step,
        "plan": Signature(
            (
                (1, WINDOW_INPUT),
                (1, PLACE + AHEAD + TEMPO_INPUT),
                ("rows", STYLE_INPUT),
                ("rows", HISTORY),
                planner_state,
                planner_state,
            ),
            (
                ("rows", KINDS),
                ("rows", KINDS),
                ("rows", KINDS, len(CYMBALS)),
                ("rows", KINDS, LEVELS),
                ("rows", KINDS, LEVELS),
                planner_state,
                planner_state,
            ),
        ),
        "hand": Signature(
            (("steps", STEP_FEATURES),), (("steps", _TOUCH, len(PIECES)), (len(Noise._fields),))
        ),
        "critic": Signature(
            (("parts", WINDOW_FRAMES, PART_FEATURES), ("takes", WINDOW_FRAMES, VOICE_FEATURES)),
            (("parts", "width"), ("takes", "width")),
        ),
    }


def _size(sizes: Mapping[str, Any], name: str, most: int) -> int:
    size = sizes[name]
    if type(size) is not int or not 1 <= size <= most:
        raise ValueError(f"{name} is {size!r:.40}")
    return size
