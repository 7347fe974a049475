"""A drum model on disk: what its description must hold, and the signature of each of its graphs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musegen_daw.drums.critic import VOICE_FEATURES, WINDOW_FRAMES
from musegen_daw.drums.events import FRAMES_PER_BAR
from musegen_daw.drums.features import CONTROL_SIZES, DRUM_FEATURES, PART_FEATURES
from musegen_daw.drums.hand import STEP_FEATURES, Noise
from musegen_daw.drums.part import AHEAD, PART_SUMMARY, PLACE
from musegen_daw.drums.plan_reading import CYMBALS, KINDS, LEVELS
from musegen_daw.drums.planner_inputs import HISTORY, STYLE_INPUT, TEMPO_INPUT, WINDOW_INPUT
from musegen_daw.drums.style import STYLE_FEATURES, StyleBook
from musegen_daw.drums.tokens import DrumVocabulary
from musegen_daw.errors import ModelError
from musegen_daw.models.session import Graph, OnnxGraph
from musegen_daw.models.signature import Signature
from musegen_daw.models.spec import ModelSpec, load_spec
from musegen_daw.music.kit import PIECES

KIND = "drums"
MAX_WIDTH, MAX_LAYERS = 1 << 14, 16
_PLAYED = 4  # mean and spread of velocity and of time


@dataclass(frozen=True, slots=True)
class DrumSizes:
    """The sizes that the graphs of a drum model share."""

    context_width: int
    history_width: int
    decoder_layers: int
    decoder_width: int
    planner_width: int

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> DrumSizes:
        """Raises KeyError, TypeError or ValueError for a missing or impossible size."""
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
    """The signature of every graph of a drum model with so many tokens and styles.

    `step_context` is the width of the context that `look_back` gives to each step.
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
            (("steps", STEP_FEATURES),), (("steps", _PLAYED, len(PIECES)), (len(Noise._fields),))
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


@dataclass(frozen=True, slots=True)
class DrumDescription:
    """The vocabulary, styles and sizes in the description of a model."""

    vocabulary: DrumVocabulary
    styles: StyleBook
    sizes: DrumSizes

    @classmethod
    def of(cls, spec: ModelSpec) -> DrumDescription:
        """Raises ModelError for a damaged description."""
        try:
            return cls(
                DrumVocabulary.from_runs(spec.facts["vocabulary"]),
                StyleBook.from_dict(spec.facts["styles"]),
                DrumSizes.from_facts(spec.facts),
            )
        except (KeyError, TypeError, ValueError, IndexError, OverflowError, AttributeError) as error:
            raise damaged(spec) from error

    def signatures(self, spec: ModelSpec) -> dict[str, Signature]:
        """The signature of each graph; the width of the context of a step is read off `look_back`."""
        outputs = spec.graphs["look_back"].outputs if "look_back" in spec.graphs else ()
        width = outputs[0].shape[-1] if outputs and outputs[0].shape else "context"
        return drum_signatures(self.sizes, len(self.vocabulary), len(self.styles), width)


@dataclass(frozen=True, slots=True)
class DrumGraphs:
    """The graphs of a model as functions of arrays, described in `drum_signatures`.

    `step` comes as an exact graph and as one with 8-bit weights, about twice as fast.
    """

    encode: Graph
    choose: Graph
    expect: Graph
    look_back: Graph
    step: Graph
    plan: Graph
    hand: Graph
    critic: Graph | None = None

    @classmethod
    def open(cls, folder: Path, threads: int, *, exact: bool) -> tuple[ModelSpec, DrumGraphs]:
        """The description and the graphs in `folder`, with 8-bit weights where it has them unless `exact`.

        Raises ModelError where it is missing, damaged or of another kind.
        """
        spec = load_spec(folder, KIND)
        step = "step" if exact or "step_8bit" not in spec.graphs else "step_8bit"
        roles = ["encode", "choose", "expect", "look_back", step, "plan", "hand"]
        roles += [role for role in ("critic",) if role in spec.graphs]
        signatures = DrumDescription.of(spec).signatures(spec)
        return spec, cls(*(OnnxGraph(folder, spec, role, threads, signatures[role]) for role in roles))


def check_description(folder: Path) -> None:
    """Check the description of a drum model without opening it; raises ModelError where it makes no sense."""
    spec = load_spec(folder, KIND)
    DrumDescription.of(spec).signatures(spec)


def damaged(spec: ModelSpec) -> ModelError:
    return ModelError(f"The description of the model {spec.name} is damaged; install it again.")
