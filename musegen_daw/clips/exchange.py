"""Drums through a folder: a .mid put into it is answered by a .mid of the same name in a folder within it.

So a script of a DAW, or a person who drags files, needs no port and no plug-in. `docs/routing.md` describes the files.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct, convert
from msgspec import field as struct_field

from musegen_daw import files
from musegen_daw.clips.edits import set_drum_map, set_swing, set_tempo
from musegen_daw.clips.export import Profile, drums_as_midi
from musegen_daw.clips.generating import generation
from musegen_daw.clips.opening import MidiSource, open_clip
from musegen_daw.drums.job import DrumWriter
from musegen_daw.drums.request import MAX_FOLLOW, DrumSettings, Share
from musegen_daw.errors import MidiFileError, MusegenError, ProjectError
from musegen_daw.music.drum_maps import GENERAL_MIDI, DrumMap
from musegen_daw.music.groove import STRAIGHT
from musegen_daw.sampler_maps import drum_map_names, load_drum_map
from musegen_daw.suffixes import MIDI_SUFFIXES

ANSWERS = "answers"
"""The folder of the answers, within that of the requests."""
WISHES_SUFFIX, ANSWER_SUFFIX, REASON_SUFFIX = ".json", ".mid", ".txt"
MAX_REQUEST_BYTES, MAX_WISHES_BYTES = 8 * 2**20, 2**16
MAX_WAITING = 64
"""Requests that are answered for one look into the folder; the rest wait for the next."""
LOOK_SECONDS = 0.3
"""Between looks; a file whose size has not changed from one to the next is complete."""

_Name = Annotated[str, Meta(max_length=200, pattern=r"\A[^/\\\0]*\Z")]


class _Options(Struct, forbid_unknown_fields=True):
    style: _Name | None = None
    density: Share | None = None
    energy: Share | None = None
    fills: Share | None = None
    complexity: Share | None = None
    follow: Annotated[float, Meta(ge=0, le=MAX_FOLLOW)] | None = None
    seed: Annotated[int, Meta(ge=0, lt=2**31)] | None = None
    swing: Annotated[float, Meta(ge=0.5, le=0.75)] | None = None
    drum_map: _Name | None = None
    loop: bool | None = None


class _Asked(Struct):
    tempo_bpm: Annotated[float, Meta(gt=0, le=1000)] | None = None
    options: _Options = struct_field(default_factory=_Options)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the drums of a request are to be, where its own file does not say otherwise."""

    settings: DrumSettings = field(default_factory=DrumSettings)
    drum_map: DrumMap = GENERAL_MIDI
    swing_ratio: float = STRAIGHT
    loop: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The file that was written, and what to tell: the number of hits, or why there are none."""

    path: Path
    sentence: str
    is_good: bool


class Exchange:
    """A folder of requests and answers. Not thread-safe; `waiting` is to be called every `LOOK_SECONDS`."""

    def __init__(self, folder: Path, *, ignore_present: bool = False) -> None:
        """With `ignore_present` the files that are there already are no requests. Raises MusegenError."""
        if not files.is_folder(folder):
            raise MusegenError(f"There is no folder {folder} to watch: make it first.")
        self._folder = folder
        self._seen: dict[Path, tuple[int, int]] = {}
        self._done = self._found() if ignore_present else {}

    @property
    def answers(self) -> Path:
        return self._folder / ANSWERS

    def waiting(self) -> tuple[Path, ...]:
        """The requests that are complete and have no answer yet, the oldest first."""
        found = self._found()
        fresh = {path: state for path, state in found.items() if self._done.get(path) != state}
        complete = [
            path
            for path, state in fresh.items()
            if self._seen.get(path) == state and not self._has_answer(path, state)
        ]
        self._seen = fresh
        self._done = {path: state for path, state in self._done.items() if path in found}
        return tuple(sorted(complete, key=lambda path: found[path][1])[:MAX_WAITING])

    def answer(self, request: Path, writer: Callable[[], DrumWriter], usual: Wishes) -> Answer:
        """Write the drums for a request, or one sentence about what is wrong, beside the other answers.

        `writer` opens the model, or returns the one that is open. Raises MusegenError where neither file can be
        written; the request is not asked for again.
        """
        state = self._state(request)
        try:
            if state is None:
                raise MidiFileError(f"There is no file {request.name}.")
            self._done[request] = state
            data = drums_for(request, writer, usual)
        except MusegenError as error:
            return self._written(
                request, REASON_SUFFIX, f"{' '.join(str(error).split())}\n".encode(), str(error)
            )
        return self._written(request, ANSWER_SUFFIX, data, "")

    def _written(self, request: Path, suffix: str, data: bytes, problem: str) -> Answer:
        if self.answers.is_symlink():
            raise MusegenError(f"{self.answers} is a link: put a folder in its place.")
        try:
            self.answers.mkdir(exist_ok=True)
            for former in (ANSWER_SUFFIX, REASON_SUFFIX):
                if former != suffix:
                    (self.answers / f"{request.stem}{former}").unlink(missing_ok=True)
        except OSError as error:
            raise MusegenError(f"Cannot write to {self.answers}: {files.reason(error)}.") from error
        path = self.answers / f"{request.stem}{suffix}"
        files.write_bytes(path, data)
        return Answer(path, problem or f"Wrote the drums for {request.name} to {path}.", not problem)

    def _found(self) -> dict[Path, tuple[int, int]]:
        """The .mid files of the folder itself, without links and hidden ones, by size and time."""
        found: dict[Path, tuple[int, int]] = {}
        try:
            listed = list(self._folder.iterdir())
        except OSError:
            return found
        for path in listed:
            if path.suffix.lower() not in MIDI_SUFFIXES or path.name.startswith("."):
                continue
            state = self._state(path)
            if state is not None:
                found[path] = state
        return found

    def _state(self, path: Path) -> tuple[int, int] | None:
        try:
            if path.is_symlink() or not path.is_file():
                return None
            state = path.stat()
        except OSError:
            return None
        return state.st_size, state.st_mtime_ns

    def _has_answer(self, request: Path, state: tuple[int, int]) -> bool:
        """Whether it was answered since it was written, by this program or one before."""
        for suffix in (ANSWER_SUFFIX, REASON_SUFFIX):
            answered = self._state(self.answers / f"{request.stem}{suffix}")
            if answered is not None and answered[1] >= state[1]:
                return True
        return False


def is_request(path: Path) -> bool:
    """Whether a .mid was put there by a script, which says more in a file beside it."""
    return files.is_file(path.with_suffix(WISHES_SUFFIX))


def drums_for(request: Path, writer: Callable[[], DrumWriter], usual: Wishes) -> bytes:
    """The bytes of a .mid of notes alone: drums for the parts of the request, from its first bar on.

    Raises MusegenError.
    """
    source = MidiSource(request.name, files.read_bytes(request, MAX_REQUEST_BYTES, MidiFileError))
    asked = _asked(request.with_suffix(WISHES_SUFFIX))
    wishes = _wishes(asked.options, usual)
    document = open_clip([source], 1, wishes.settings)
    if asked.tempo_bpm is not None and not document.song.time_map.tempos:
        document = set_tempo(document, asked.tempo_bpm)
    document = set_drum_map(set_swing(document, wishes.swing_ratio), wishes.drum_map)
    drummer = writer()
    made = generation(document, wishes.settings.seed, drummer.styles)
    document = made.takes_in(document, drummer.generate(made.request))
    return drums_as_midi(document, Profile.NOTES, loop=wishes.loop)


def _asked(path: Path) -> _Asked:
    if not files.is_file(path) or path.is_symlink():
        return _Asked()
    try:
        return convert(json.loads(files.read_bytes(path, MAX_WISHES_BYTES)), _Asked)
    except (ValueError, RecursionError) as error:
        raise ProjectError(f"{path.name} cannot be read: {' '.join(str(error).split()):.200}.") from error


def _wishes(options: _Options, usual: Wishes) -> Wishes:
    if options.style and options.style.lower().endswith(MIDI_SUFFIXES):
        raise ProjectError("A request names a style by its name or number, not by a file.")
    if options.drum_map and options.drum_map not in drum_map_names():
        raise ProjectError(f"There is no drum map {options.drum_map!r}: see musegen-daw --list-drum-maps.")
    own = {
        name: value
        for name in ("style", "density", "energy", "fills", "complexity", "follow", "seed")
        if (value := getattr(options, name)) is not None
    }
    usual_values = {name: getattr(usual.settings, name) for name in DrumSettings.__dataclass_fields__}
    return Wishes(
        settings=DrumSettings(**{**usual_values, "seed": _fresh_seed(), **own, "variations": 1}),
        drum_map=load_drum_map(options.drum_map) if options.drum_map else usual.drum_map,
        swing_ratio=usual.swing_ratio if options.swing is None else options.swing,
        loop=usual.loop if options.loop is None else options.loop,
    )


def _fresh_seed() -> int:
    """Another one for every request, so that asking again gives other drums."""
    return time.time_ns() % 2**31
