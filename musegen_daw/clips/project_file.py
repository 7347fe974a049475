"""The .musegen file: a self-contained project as JSON, with its .mid files embedded."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import fields, replace
from math import isfinite
from pathlib import Path
from sys import float_info
from typing import Annotated, Any, get_type_hints

import numpy as np
from msgspec import Meta, Struct, convert, defstruct, structs

from musegen_daw import files
from musegen_daw.clips.document import ClipDocument, MidiSource, Project, Take
from musegen_daw.clips.edits import follow_parts, set_humanise, set_swing, set_tempo
from musegen_daw.clips.opening import open_without_takes, set_primer
from musegen_daw.clips.voice_mix import FLAT, MAX_PERCENT, MIXED, VoiceMix
from musegen_daw.drums.events import FRAMES_PER_BAR
from musegen_daw.drums.meter import METERS
from musegen_daw.drums.plan import Plan
from musegen_daw.drums.request import SETTINGS, DrumSettings, Share
from musegen_daw.drums.style import STYLE_BARS, Style
from musegen_daw.errors import MusegenError, ProjectError
from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.drum_maps import GENERAL_MIDI, DrumMap
from musegen_daw.music.kit import PIECES, VOICES
from musegen_daw.suffixes import PROJECT_SUFFIX

SUFFIX = PROJECT_SUFFIX
VERSION = 3
FORMER_NAMES = {"loudness": "energy", "fill": "fills"}
"""Names of settings in version 1, by what they are called now."""
MAX_BYTES = 64 * 2**20
MAX_CLIPS, MAX_TAKES = 1000, 10_000
_NOTE_FIELDS = 4

Finite = Annotated[float, Meta(ge=-float_info.max, le=float_info.max)]


class _Source(Struct):
    name: str
    midi: bytes


class _Style(Struct):
    """A style that is not one of the model's, such as that of a drum loop."""

    pattern: list[list[list[Share]]]
    triplets: Share
    name: str
    code: Annotated[int, Meta(ge=-1)]
    meter: str


def _settings_schema() -> type[Struct]:
    """The fields of `DrumSettings` with their ranges; earlier versions have fewer."""
    hints = get_type_hints(DrumSettings, localns={"Style": _Style}, include_extras=True)
    columns = [(each.name, hints[each.name], each.default) for each in fields(DrumSettings)]
    return defstruct("_Settings", columns, forbid_unknown_fields=True)


_Settings = _settings_schema()


class _Take(Struct):
    """`written` and `edited` are flat lists of pitch, velocity, start and duration, `edited` ones None where unedited.

    The last four are those of version 3.
    """

    number: int
    origin: str
    seed: int | None
    settings: Any
    log_likelihood: Finite | None
    written: list[int]
    edited: list[int] | None
    index: Annotated[int, Meta(ge=0)] = 0
    style: str | _Style | None = None
    plan: list[dict[str, Any]] = []
    edited_plan: list[dict[str, Any]] | None = None


class _DrumMap(Struct):
    name: str
    pitches: dict[str, int]


class _Mix(Struct):
    muted: list[str]
    soloed: list[str]
    levels: dict[str, Annotated[int, Meta(ge=0, le=MAX_PERCENT)]]


class _Clip(Struct):
    identity: int
    name: str
    sources: Annotated[list[_Source], Meta(min_length=1, max_length=MAX_CLIPS)]
    followed: list[int]
    settings: Any
    takes: Annotated[list[_Take], Meta(max_length=MAX_TAKES)]
    picked: int | None
    locked_voices: list[str]
    locked_bars: list[int]
    primer: _Source | None
    drum_map: _DrumMap | None
    swing_ratio: Finite
    humanise_amount: Finite
    bpm: Finite | None
    voice_mix: _Mix | None = None


class _File(Struct):
    musegen: Any
    current: int | None
    clips: Annotated[list[Any], Meta(max_length=MAX_CLIPS)]


def load_project(path: Path) -> Project:
    """Raises ProjectError naming the file."""
    return decode(files.read_bytes(path, MAX_BYTES, ProjectError), str(path))


def recover_project(path: Path) -> tuple[Project, tuple[str, ...]]:
    """As `recover`, for the file at `path`."""
    return recover(files.read_bytes(path, MAX_BYTES, ProjectError), str(path))


def save_project(project: Project, path: Path, *, is_flushed: bool = True) -> None:
    """Write the project, whole or not at all; raises ProjectError naming `path`."""
    data = encode(project)
    if len(data) > MAX_BYTES:
        raise ProjectError(
            f"The project is too large to be saved ({len(data) / 2**20:.0f} MiB of {MAX_BYTES / 2**20:.0f}): "
            "remove clips or takes that are no longer needed."
        )
    files.write_bytes(path, data, ProjectError, is_flushed=is_flushed)


def encode(project: Project) -> bytes:
    """The bytes of a project file: ASCII, because file names may hold surrogates."""
    document = _File(VERSION, project.current, [_saved_clip(clip) for clip in project.clips])
    return json.dumps(document, separators=(",", ":"), allow_nan=False, default=_plain).encode()


def _plain(value: Struct | bytes) -> dict[str, Any] | str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else structs.asdict(value)


def decode(data: bytes, name: str) -> Project:
    """The project in the bytes of a file; raises ProjectError, with `name` in the message."""
    project, troubles = recover(data, name)
    if troubles:
        raise ProjectError(f"{name} is damaged: {troubles[0]}.")
    return project


def recover(data: bytes, name: str) -> tuple[Project, tuple[str, ...]]:
    """The undamaged clips in the bytes of a file, and a few words about each damaged one.

    Raises ProjectError, with `name` in the message, where it is not a project.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ProjectError(f"{name} is not a musegen project, or is damaged.") from error
    if not isinstance(document, dict) or "musegen" not in document:
        raise ProjectError(f"{name} is not a musegen project.")
    version = document["musegen"]
    if type(version) is int and version > VERSION:
        raise ProjectError(f"{name} was saved by a newer version of musegen-daw: update to open it.")
    try:
        file = convert(document, _File)
    except ValueError as error:
        raise ProjectError(f"{name} is damaged: {error}.") from error
    troubles: list[str] = []
    clips: dict[int, ClipDocument] = {}
    for value in file.clips:
        try:
            clip = _opened_clip(convert(value, _Clip))
            if clip.identity in clips:
                raise ValueError("two clips have one identity")
            clips[clip.identity] = clip
        except (ValueError, OverflowError, MusegenError) as error:
            troubles.append(str(error).rstrip("."))
    current = file.current if file.current in clips else next(iter(clips), None)
    return Project(tuple(clips.values()), current), tuple(troubles)


def _saved_clip(clip: ClipDocument) -> _Clip:
    drum_map = clip.drum_map
    return _Clip(
        identity=clip.identity,
        name=clip.name,
        sources=[_Source(source.name, source.data) for source in clip.sources],
        followed=sorted(clip.followed),
        settings=_saved_settings(clip.settings),
        takes=[_saved_take(take) for take in clip.takes],
        picked=clip.picked,
        locked_voices=sorted(clip.locked_voices),
        locked_bars=sorted(clip.locked_bars),
        primer=_Source(clip.primer_source.name, clip.primer_source.data) if clip.primer_source else None,
        drum_map=None if drum_map == GENERAL_MIDI else _DrumMap(drum_map.name, dict(drum_map.pitches)),
        swing_ratio=clip.swing_ratio,
        humanise_amount=clip.humanise_amount,
        bpm=clip.bpm,
        voice_mix=_saved_mix(clip.voice_mix),
    )


def _opened_clip(saved: _Clip) -> ClipDocument:
    sources = [MidiSource(source.name, source.midi) for source in saved.sources]
    clip = follow_parts(
        open_without_takes(sources, saved.identity, _opened_settings(saved.settings)), saved.followed
    )
    takes = tuple(_opened_take(take, clip) for take in saved.takes)
    numbers = [take.number for take in takes]
    if len(set(numbers)) != len(numbers) or (saved.picked is not None and saved.picked not in numbers):
        raise ValueError("two takes have one number, or the picked one is missing")
    voices, bars = frozenset(saved.locked_voices), frozenset(saved.locked_bars)
    if not voices <= set(VOICES) or not bars <= set(range(len(clip.bars))):
        raise ValueError("it locks an unknown voice or bar")
    primer, drum_map = saved.primer, saved.drum_map
    clip = replace(
        set_primer(clip, MidiSource(primer.name, primer.midi) if primer else None),
        name=saved.name,
        takes=takes,
        picked=saved.picked,
        locked_voices=voices,
        locked_bars=bars,
        drum_map=DrumMap(drum_map.name, drum_map.pitches) if drum_map else GENERAL_MIDI,
        voice_mix=_opened_mix(saved.voice_mix),
    )
    return set_tempo(set_humanise(set_swing(clip, saved.swing_ratio), saved.humanise_amount), saved.bpm)


def _saved_mix(mix: VoiceMix) -> _Mix | None:
    return None if mix == FLAT else _Mix(sorted(mix.muted), sorted(mix.soloed), dict(mix.levels))


def _opened_mix(saved: _Mix | None) -> VoiceMix:
    if saved is None:
        return FLAT
    if not {*saved.muted, *saved.soloed, *saved.levels} <= set(MIXED):
        raise ValueError("it mutes or levels an unknown voice")
    mix = VoiceMix(frozenset(saved.muted), frozenset(saved.soloed))
    for voice, percent in saved.levels.items():
        mix = mix.with_level(voice, percent)
    return mix


def _saved_take(take: Take) -> _Take:
    likelihood = take.log_likelihood
    return _Take(
        number=take.number,
        origin=take.origin,
        seed=take.seed,
        settings=_saved_settings(take.settings) if take.settings else None,
        log_likelihood=likelihood if likelihood is not None and isfinite(likelihood) else None,
        written=_saved_notes(take.written.notes),
        edited=_saved_notes(take.drums.notes) if take.is_edited else None,
        index=take.index,
        style=_saved_style(take.style),
        plan=_saved_plan(take.written_plan),
        edited_plan=None if take.plan == take.written_plan else _saved_plan(take.plan),
    )


def _opened_take(saved: _Take, clip: ClipDocument) -> Take:
    written = _opened_notes(saved.written, clip)
    plan = _opened_plan(saved.plan, clip)
    return Take(
        number=saved.number,
        written=written,
        drums=written if saved.edited is None else _opened_notes(saved.edited, clip),
        origin=saved.origin,
        seed=saved.seed,
        settings=None if saved.settings is None else _opened_settings(saved.settings),
        log_likelihood=saved.log_likelihood,
        index=saved.index,
        style=_opened_style(saved.style) if isinstance(saved.style, _Style) else saved.style,
        plan=plan if saved.edited_plan is None else _opened_plan(saved.edited_plan, clip),
        written_plan=plan,
    )


def _saved_plan(plan: Plan) -> list[dict[str, Any]]:
    return [{**bar.to_dict(), "density": bar.density, "energy": bar.energy} for bar in plan]


def _opened_plan(rows: list[dict[str, Any]], clip: ClipDocument) -> Plan:
    plan = Plan.from_list(rows)
    if len(plan) not in (0, len(clip.bars)):
        raise ValueError("the plan of a take has other bars than the clip")
    return plan


def _saved_notes(notes: Sequence[Note]) -> list[int]:
    flat: list[int] = []
    for note in notes:
        flat += (note.pitch, note.velocity, note.start_ticks, note.duration_ticks)
    return flat


def _opened_notes(flat: list[int], clip: ClipDocument) -> Clip:
    if len(flat) % _NOTE_FIELDS:
        raise ValueError("the hits of a take cannot be read")
    notes = [Note(*flat[at : at + _NOTE_FIELDS]) for at in range(0, len(flat), _NOTE_FIELDS)]
    if any(note.start_ticks >= clip.end_ticks or note.duration_ticks > clip.end_ticks for note in notes):
        raise ValueError("a hit is behind the last bar")
    if len({(note.pitch, note.start_ticks) for note in notes}) != len(notes):
        raise ValueError("two hits are at one place")
    return clip.empty_drums.with_notes(notes)


def _saved_settings(settings: DrumSettings) -> Struct:
    values = {name: getattr(settings, name) for name in SETTINGS}
    return _Settings(**{**values, "style": _saved_style(settings.style)})


def _saved_style(style: Style | str | None) -> str | _Style | None:
    if not isinstance(style, Style):
        return style
    pattern = np.round(style.pattern.astype(float), 3).tolist()
    return _Style(pattern, round(style.triplets, 3), style.name, style.code, style.meter)


def _opened_settings(table: Any) -> DrumSettings:
    table = convert(table, dict[str, Any])
    saved = structs.asdict(convert({FORMER_NAMES.get(key, key): table[key] for key in table}, _Settings))
    style = saved["style"]
    return DrumSettings(**{**saved, "style": _opened_style(style) if isinstance(style, _Style) else style})


def _opened_style(saved: _Style) -> Style:
    pattern = np.array(saved.pattern, np.float32)
    if pattern.shape != (STYLE_BARS, FRAMES_PER_BAR, len(PIECES)):
        raise ValueError("the pattern of a style cannot be read")
    if saved.meter not in METERS:
        raise ValueError(f"there is no meter {saved.meter!r:.40}")
    return Style(pattern, saved.triplets, saved.name, saved.code, saved.meter)
