"""The .musegen file: a project as JSON, with the .mid files it was made from inside, so that it stands alone."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import inf, isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from musegen_daw import files
from musegen_daw.clips.document import ClipDocument, MidiSource, Project, Take
from musegen_daw.clips.edits import follow_parts, set_humanise, set_swing, set_tempo
from musegen_daw.clips.opening import reopened, set_primer
from musegen_daw.clips.style_file import style_from_json, style_to_json
from musegen_daw.drums.request import CONTROLS, SETTINGS, DrumSettings
from musegen_daw.errors import MusegenError, ProjectError
from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.drum_maps import GENERAL_MIDI, DrumMap
from musegen_daw.music.kit import VOICES

if TYPE_CHECKING:
    from musegen_daw.drums.style import Style

SUFFIX = ".musegen"
VERSION = 2
FORMER_NAMES = {"loudness": "energy", "fill": "fills"}
"""What settings were called in version 1."""
MAX_BYTES = 64 * 2**20
MAX_CLIPS, MAX_TAKES, MAX_VARIATIONS = 1000, 10_000, 64
_NOTE_FIELDS = 4

T = TypeVar("T")


def load_project(path: Path) -> Project:
    """The project in the file at `path`; raises ProjectError naming it."""
    return decode(files.read_bytes(path, MAX_BYTES, ProjectError), str(path))


def load_sound(path: Path) -> tuple[Project, tuple[str, ...]]:
    """As `decode_sound`, of the file at `path`."""
    return decode_sound(files.read_bytes(path, MAX_BYTES, ProjectError), str(path))


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
    """The bytes of the file of a project."""
    document = {
        "musegen": VERSION,
        "current": project.current,
        "clips": [_clip_to_json(clip) for clip in project.clips],
    }
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode()


def decode(data: bytes, name: str) -> Project:
    """The project in the bytes of a file; `name` stands for the file in the ProjectError raised."""
    project, troubles = decode_sound(data, name)
    if troubles:
        raise ProjectError(f"{name} is damaged: {troubles[0]}.")
    return project


def decode_sound(data: bytes, name: str) -> tuple[Project, tuple[str, ...]]:
    """The clips in the bytes of a file that can be used, and what is wrong with each other one, in a few words.

    Raises ProjectError, in which `name` stands for the file, where it is no project.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ProjectError(f"{name} is no musegen project, or is damaged.") from error
    if not isinstance(document, dict) or "musegen" not in document:
        raise ProjectError(f"{name} is no musegen project.")
    version = cast("dict[str, Any]", document)["musegen"]
    if type(version) is int and version > VERSION:
        raise ProjectError(f"{name} was saved by a newer version of musegen-daw: update to open it.")
    troubles: list[str] = []
    clips: dict[int, ClipDocument] = {}
    try:
        values = _many(_table(document), "clips", MAX_CLIPS)
        current = _optional(_table(document), "current", int)
    except (ValueError, KeyError) as error:
        raise ProjectError(f"{name} is damaged: {_words(error)}.") from error
    for value in values:
        try:
            clip = _clip_from_json(value)
            if clip.identity in clips:
                raise ValueError("two clips have one identity")
            clips[clip.identity] = clip
        except (ValueError, KeyError, TypeError, OverflowError, MusegenError) as error:
            troubles.append(_words(error))
    if current not in clips:
        current = next(iter(clips), None)
    return Project(tuple(clips.values()), current), tuple(troubles)


def _words(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error.args[0]!r:.40} is missing"
    return str(error).rstrip(".")


def _clip_to_json(clip: ClipDocument) -> dict[str, Any]:
    return {
        "identity": clip.identity,
        "name": clip.name,
        "sources": [_source_to_json(source) for source in clip.sources],
        "followed": sorted(clip.followed),
        "settings": _settings_to_json(clip.settings),
        "takes": [_take_to_json(take) for take in clip.takes],
        "picked": clip.picked,
        "locked_voices": sorted(clip.locked_voices),
        "locked_bars": sorted(clip.locked_bars),
        "primer": _source_to_json(clip.primer_source) if clip.primer_source else None,
        "drum_map": None
        if clip.drum_map == GENERAL_MIDI
        else {"name": clip.drum_map.name, "pitches": dict(clip.drum_map.pitches)},
        "swing_ratio": clip.swing_ratio,
        "humanise_amount": clip.humanise_amount,
        "bpm": clip.bpm,
    }


def _clip_from_json(value: Any) -> ClipDocument:
    table = _table(value)
    sources = [_source_from_json(source) for source in _many(table, "sources", MAX_CLIPS)]
    if not sources:
        raise ValueError("a clip has no source")
    clip = reopened(sources, _value(table, "identity", int), _settings_from_json(table["settings"]))
    clip = follow_parts(clip, (_as(int, index) for index in _many(table, "followed", len(clip.song.clips))))
    takes = tuple(_take_from_json(take, clip) for take in _many(table, "takes", MAX_TAKES))
    numbers = [take.number for take in takes]
    picked = _optional(table, "picked", int)
    if len(set(numbers)) != len(numbers) or (picked is not None and picked not in numbers):
        raise ValueError("its takes do not fit together")
    voices = frozenset(_as(str, voice) for voice in _many(table, "locked_voices", len(VOICES)))
    bars = frozenset(_as(int, bar) for bar in _many(table, "locked_bars", len(clip.bars)))
    if not voices <= set(VOICES) or not bars <= set(range(len(clip.bars))):
        raise ValueError("it locks what is not there")
    primer, drum_map = table["primer"], table["drum_map"]
    clip = replace(
        set_primer(clip, None if primer is None else _source_from_json(primer)),
        name=_value(table, "name", str),
        takes=takes,
        picked=picked,
        locked_voices=voices,
        locked_bars=bars,
        drum_map=GENERAL_MIDI if drum_map is None else _drum_map_from_json(_table(drum_map)),
    )
    clip = set_swing(clip, _number(table, "swing_ratio"))
    clip = set_humanise(clip, _number(table, "humanise_amount"))
    return set_tempo(clip, None if table["bpm"] is None else _number(table, "bpm"))


def _source_to_json(source: MidiSource) -> dict[str, str]:
    return {"name": source.name, "midi": base64.b64encode(source.data).decode()}


def _source_from_json(value: Any) -> MidiSource:
    table = _table(value)
    try:
        data = base64.b64decode(_value(table, "midi", str), validate=True)
    except binascii.Error as error:
        raise ValueError("an embedded MIDI file is damaged") from error
    return MidiSource(_value(table, "name", str), data)


def _take_to_json(take: Take) -> dict[str, Any]:
    likelihood = take.log_likelihood
    return {
        "number": take.number,
        "origin": take.origin,
        "seed": take.seed,
        "settings": _settings_to_json(take.settings) if take.settings else None,
        "log_likelihood": likelihood if likelihood is not None and isfinite(likelihood) else None,
        "written": _notes_to_json(take.written.notes),
        "edited": _notes_to_json(take.drums.notes) if take.is_edited else None,
    }


def _take_from_json(value: Any, clip: ClipDocument) -> Take:
    table = _table(value)
    written = _notes_from_json(table["written"], clip)
    settings, likelihood = table["settings"], table["log_likelihood"]
    return Take(
        number=_value(table, "number", int),
        written=written,
        drums=written if table["edited"] is None else _notes_from_json(table["edited"], clip),
        origin=_value(table, "origin", str),
        seed=_optional(table, "seed", int),
        settings=None if settings is None else _settings_from_json(settings),
        log_likelihood=None if likelihood is None else _number(table, "log_likelihood"),
    )


def _notes_to_json(notes: Sequence[Note]) -> list[int]:
    """Pitch, velocity, start and duration of one hit after the other."""
    flat: list[int] = []
    for note in notes:
        flat += (note.pitch, note.velocity, note.start_ticks, note.duration_ticks)
    return flat


def _notes_from_json(value: Any, clip: ClipDocument) -> Clip:
    flat = _list(value)
    if len(flat) % _NOTE_FIELDS or not all(type(number) is int for number in flat):
        raise ValueError("the hits of a take cannot be read")
    notes = [Note(*flat[at : at + _NOTE_FIELDS]) for at in range(0, len(flat), _NOTE_FIELDS)]
    if any(note.start_ticks >= clip.end_ticks or note.duration_ticks > clip.end_ticks for note in notes):
        raise ValueError("a hit lies behind the last bar")
    if len({(note.pitch, note.start_ticks) for note in notes}) != len(notes):
        raise ValueError("two hits lie at one place")
    return clip.empty_drums.with_notes(notes)


def _settings_to_json(settings: DrumSettings) -> dict[str, Any]:
    table = {name: getattr(settings, name) for name in SETTINGS}
    style = settings.style
    return {**table, "style": style if style is None or isinstance(style, str) else style_to_json(style)}


def _settings_from_json(value: Any) -> DrumSettings:
    """The settings of this version or an earlier one, which had fewer of them."""
    table = {FORMER_NAMES.get(key, key): own for key, own in _table(value).items()}
    unknown = table.keys() - set(SETTINGS)
    if unknown:
        raise ValueError(f"there is no setting {min(unknown)!r}")
    table = {**_settings_to_json(DrumSettings()), **table}
    human = table["human_timing"]
    variations = _value(table, "variations", int)
    if not 1 <= variations <= MAX_VARIATIONS:
        raise ValueError(f"it asks for {variations} variations")
    return DrumSettings(
        seed=_value(table, "seed", int),
        temperature=_number(table, "temperature", 0, 4),
        top_p=_number(table, "top_p", 0, 1),
        follow=_number(table, "follow", 0, 4),
        style=_style_from_json(table["style"]),
        within_style=_value(table, "within_style", bool),
        **{name: _share(table, name) for name in CONTROLS},
        human_timing=None if human is None else _as(bool, human),
        any_hands=_value(table, "any_hands", bool),
        variations=variations,
    )


def _style_from_json(value: Any) -> str | Style | None:
    if value is None or isinstance(value, str):
        return value
    return style_from_json(_table(value))


def _share(table: Mapping[str, Any], key: str) -> float | None:
    return None if table[key] is None else _number(table, key, 0, 1)


def _drum_map_from_json(table: Mapping[str, Any]) -> DrumMap:
    pitches = {_as(str, name): _as(int, pitch) for name, pitch in _table(table["pitches"]).items()}
    return DrumMap(_value(table, "name", str), pitches)


def _as(kind: Callable[..., T], value: Any) -> T:
    if type(value) is not kind:
        raise ValueError(f"{value!r:.40} is no {getattr(kind, '__name__', kind)}")
    return cast("T", value)


def _value(table: Mapping[str, Any], key: str, kind: Callable[..., T]) -> T:
    return _as(kind, table[key])


def _optional(table: Mapping[str, Any], key: str, kind: Callable[..., T]) -> T | None:
    return None if table[key] is None else _as(kind, table[key])


def _number(table: Mapping[str, Any], key: str, low: float = -inf, high: float = inf) -> float:
    value = table[key]
    if type(value) not in (int, float) or not isfinite(value) or not low <= value <= high:
        raise ValueError(f"{key} is {value!r:.40}")
    return float(value)


def _table(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("a table is missing")
    return cast("dict[str, Any]", value)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("a list is missing")
    return cast("list[Any]", value)


def _many(table: Mapping[str, Any], key: str, most: int) -> list[Any]:
    values = _list(table[key])
    if len(values) > most:
        raise ValueError(f"it has {len(values)} {key}, at most {most} are read")
    return values
