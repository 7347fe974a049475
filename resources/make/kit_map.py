"""Which stroke sounds at which General MIDI pitch, how loud, from where, and what silences what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from resources.make import kit, percussion
from resources.make.sf2 import SAMPLE_RATE_HZ, Instrument, Sample, Zone
from resources.make.tones import Audio, levelled, without_clicks

HAT_CLASS = 1
WHISTLE_CLASS = 2
GUIRO_CLASS = 3
TRIANGLE_CLASS = 4
CUICA_CLASS = 5


@dataclass(frozen=True, slots=True)
class Stroke:
    """A sound of the kit and the keys it answers to.

    `keys` pairs a MIDI key with a tuning in semitones. `make` takes the force for sounds with layers.
    """

    name: str
    make: Callable[[float], Audio]
    keys: tuple[tuple[int, float], ...]
    level: float
    pan: float = 0.0
    exclusive_class: int = 0
    layered: bool = True


def _always(make: Callable[[], Audio]) -> Callable[[float], Audio]:
    return lambda _force: make()


def _single(
    name: str,
    make: Callable[[], Audio],
    keys: tuple[tuple[int, float], ...],
    pan: float,
    exclusive_class: int = 0,
) -> Stroke:
    return Stroke(name, _always(make), keys, 0.055, pan, exclusive_class, layered=False)


STROKES = (
    Stroke("kick", kit.kick, ((36, 0), (35, -1)), 0.135),
    Stroke("side stick", kit.side_stick, ((37, 0),), 0.08, -0.05),
    Stroke("snare", kit.snare, ((38, 0), (40, 1)), 0.095),
    Stroke("clap", kit.clap, ((39, 0),), 0.08, 0.05),
    Stroke("closed hat", kit.closed_hat, ((42, 0), (22, 1)), 0.062, 0.15, HAT_CLASS),
    Stroke("pedal hat", kit.pedal_hat, ((44, 0),), 0.05, 0.15, HAT_CLASS),
    Stroke("open hat", kit.open_hat, ((46, 0), (26, 1)), 0.066, 0.15, HAT_CLASS),
    Stroke("floor tom", lambda force: kit.tom(82, force), ((43, 0), (41, -2), (58, 1)), 0.09, -0.22),
    Stroke("rack tom", lambda force: kit.tom(118, force), ((47, 0), (45, -2)), 0.09, -0.05),
    Stroke("high tom", lambda force: kit.tom(166, force), ((50, 0), (48, -2)), 0.09, 0.15),
    Stroke("crash", kit.crash, ((49, 0), (57, -2)), 0.085, 0.22),
    Stroke("ride", kit.ride, ((51, 0), (59, 1)), 0.062, -0.22),
    Stroke("china", kit.china, ((52, 0),), 0.07, -0.25, layered=False),
    Stroke("ride bell", kit.ride_bell, ((53, 0),), 0.062, -0.22, layered=False),
    Stroke("splash", kit.splash, ((55, 0),), 0.07, 0.1, layered=False),
    _single("tambourine", percussion.tambourine, ((54, 0),), 0.2),
    _single("cowbell", percussion.cowbell, ((56, 0),), 0.1),
    _single("bongo", lambda: percussion.hand_drum("bongo", 390, 0.07, 0.5), ((60, 0), (61, -5)), 0.2),
    _single("conga slap", lambda: percussion.hand_drum("slap", 330, 0.035, 0.9), ((62, 0),), -0.2),
    _single("conga", lambda: percussion.hand_drum("conga", 240, 0.11, 0.35), ((63, 0), (64, -4)), -0.2),
    _single("timbale", lambda: percussion.hand_drum("timbale", 430, 0.1, 0.8), ((65, 0), (66, -5)), 0.15),
    _single("agogo", lambda: percussion.agogo(905), ((67, 0), (68, -5)), -0.15),
    _single("cabasa", percussion.cabasa, ((69, 0),), 0.2),
    _single("maracas", percussion.maracas, ((70, 0),), 0.2),
    _single("shaker", percussion.shaker, ((82, 0),), 0.2),
    _single("short whistle", lambda: percussion.whistle(0.14), ((71, 0),), 0.1, WHISTLE_CLASS),
    _single("long whistle", lambda: percussion.whistle(0.4), ((72, 0),), 0.1, WHISTLE_CLASS),
    _single("short guiro", lambda: percussion.guiro(0.12), ((73, 0),), -0.1, GUIRO_CLASS),
    _single("long guiro", lambda: percussion.guiro(0.4), ((74, 0),), -0.1, GUIRO_CLASS),
    _single("claves", lambda: percussion.wood(2_480), ((75, 0),), 0.1),
    _single("wood block", lambda: percussion.wood(1_080), ((76, 0), (77, -5)), -0.1),
    _single("mute cuica", lambda: percussion.cuica(620, 780), ((78, 0),), 0.1, CUICA_CLASS),
    _single("open cuica", lambda: percussion.cuica(360, 560), ((79, 0),), 0.1, CUICA_CLASS),
    _single("mute triangle", lambda: percussion.triangle(0.05), ((80, 0),), -0.2, TRIANGLE_CLASS),
    _single("open triangle", lambda: percussion.triangle(0.35), ((81, 0),), -0.2, TRIANGLE_CLASS),
    _single(
        "click", lambda: percussion.click(1_600),
        tuple((key, key - 33) for key in (27, 28, 29, 30, 31, 32, 33, 34)), 0.0,
    ),
)  # fmt: skip

_RING_OUT_SECONDS = 12.0
"""Release of every stroke: a drum sounds to its end however short the note is."""


def samples_of(stroke: Stroke) -> tuple[tuple[tuple[int, int], Sample], ...]:
    """The samples of one stroke with the velocities that choose them."""
    root_key = stroke.keys[0][0]
    if not stroke.layered:
        made = stroke.make(0.8)
        fade_seconds = 0.3 * len(made) / SAMPLE_RATE_HZ
        audio = without_clicks(levelled(made, stroke.level, peak=0.9), fade_seconds=fade_seconds)
        return (((0, 127), Sample(stroke.name, audio, root_key)),)
    audio_of = {force: stroke.make(force) for force in kit.FORCES}
    samples = kit.layers(stroke.name, audio_of, root_key, stroke.level)
    return tuple(zip(kit.LAYER_VELOCITIES, samples, strict=True))


def drum_kit() -> Instrument:
    """The whole kit as one instrument, a zone for every key and layer."""
    zones: list[Zone] = []
    for stroke in STROKES:
        for velocities, sample in samples_of(stroke):
            zones += [
                Zone(
                    sample,
                    keys=(key, key),
                    velocities=velocities,
                    root_key=round(key - tuning),
                    pan=stroke.pan,
                    release_seconds=_RING_OUT_SECONDS,
                    exclusive_class=stroke.exclusive_class,
                )
                for key, tuning in stroke.keys
            ]
    return Instrument("Musegen Kit", tuple(zones))
