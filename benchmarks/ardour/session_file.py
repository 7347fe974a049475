"""Regions in a saved Ardour session: put there, because Ardour's scripts cannot import MIDI, and read back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from musegen_daw.midi import smf
from musegen_daw.midi.file import song_to_bytes
from musegen_daw.music.clip import Song

TICKS_PER_BEAT = 1920  # what Ardour counts in, in its session files

_REGION = {
    "type": "midi", "muted": "0", "opaque": "1", "locked": "0", "video-locked": "0", "automatic": "0",
    "whole-file": "0", "import": "0", "external": "0", "sync-marked": "0", "left-of-split": "0",
    "right-of-split": "0", "hidden": "0", "position-locked": "0", "valid-transients": "0", "start": "b0",
    "sync-position": "b0", "ancestral-start": "b0", "ancestral-length": "b0@b0", "stretch": "1", "shift": "1",
    "layering-index": "0", "tags": "", "contents": "0", "first-edit": "nothing",
}  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Onset:
    """A note-on on the DAW's grid, in beats from the start of the song, and how long it was held."""

    beats: float
    duration_beats: float
    channel: int
    pitch: int
    velocity: int


def place(session_file: Path, song: Song, starts_beats: tuple[float, ...]) -> None:
    """Put every clip of `song`, from each of `starts_beats` on, into the MIDI track that bears its name."""
    tree = ElementTree.parse(session_file)
    root = tree.getroot()
    data = smf.parse(song_to_bytes(song, with_tempo=False))
    for clip, track in zip(song.clips, data.tracks, strict=True):
        file = _midi_folder(session_file) / f"{clip.name}.mid"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(smf.build([track], data.ppq, file_type=0))
        source = _new_id(root)
        ElementTree.SubElement(
            _child(root, "Sources"), "Source",
            {"name": file.name, "type": "midi", "flags": "CanRename", "id": source, "natural-position": "b0",
             "origin": ""},
        )  # fmt: skip
        length_ticks = clip.length_ticks * TICKS_PER_BEAT // clip.ppq
        of_source = {"source-0": source, "master-source-0": source}
        whole = {**_REGION, **of_source, "name": clip.name, "automatic": "1", "whole-file": "1"}
        whole |= {"id": _new_id(root), "length": f"b{length_ticks}@b0"}
        ElementTree.SubElement(_child(root, "Regions"), "Region", whole)
        for number, start_beats in enumerate(starts_beats, 1):
            region = {**_REGION, **of_source, "name": f"{clip.name}.{number}", "id": _new_id(root)}
            region["length"] = f"b{length_ticks}@b{round(start_beats * TICKS_PER_BEAT)}"
            ElementTree.SubElement(_playlist(root, clip.name), "Region", region)
    tree.write(session_file, encoding="UTF-8", xml_declaration=True)


def recorded(session_file: Path, track: str) -> tuple[Onset, ...]:
    """The notes of all regions of a MIDI track, in the order of their onsets."""
    root = ElementTree.parse(session_file).getroot()
    files = {each.get("id"): each.get("name", "") for each in _child(root, "Sources")}
    onsets: list[Onset] = []
    for region in _playlist(root, track):
        length_beats, position_beats = (_beats(each) for each in region.get("length", "").split("@"))
        start_beats = _beats(region.get("start", ""))
        for onset in notes(_midi_folder(session_file) / files[region.get("source-0")]):
            beats = onset.beats - start_beats
            if 0 <= beats < length_beats:
                placed = beats + position_beats
                onsets.append(Onset(placed, onset.duration_beats, onset.channel, onset.pitch, onset.velocity))
    return tuple(sorted(onsets))


def notes(file: Path) -> tuple[Onset, ...]:
    """Every note of a .mid file, in beats of the file; raises ValueError where one has no end."""
    data = smf.parse(file.read_bytes())
    found: list[Onset] = []
    for track in data.tracks:
        sounding: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for ticks, status, pitch, velocity, _ in track.events:
            kind, channel = status & 0xF0, status & 0x0F
            of_pitch = sounding.setdefault((channel, pitch), [])
            if kind == smf.NOTE_ON and velocity:
                of_pitch.append((ticks, velocity))
            elif kind in (smf.NOTE_ON, smf.NOTE_OFF) and of_pitch:
                start, struck = of_pitch.pop(0)
                found.append(Onset(start / data.ppq, (ticks - start) / data.ppq, channel, pitch, struck))
        hanging = sum(map(len, sounding.values()))
        if hanging:
            raise ValueError(f"{hanging} notes of {file.name} have no end")
    return tuple(sorted(found))


def _beats(time: str) -> float:
    if not time.startswith("b"):
        raise ValueError(f"{time!r} is not counted in beats")
    return int(time[1:]) / TICKS_PER_BEAT


def _midi_folder(session_file: Path) -> Path:
    return session_file.parent / "interchange" / session_file.parent.name / "midifiles"


def _child(element: ElementTree.Element, name: str) -> ElementTree.Element:
    found = element.find(name)
    if found is None:
        raise ValueError(f"the session has no {name}")
    return found


def _playlist(root: ElementTree.Element, track: str) -> ElementTree.Element:
    for playlist in _child(root, "Playlists"):
        if playlist.get("name") == track:
            return playlist
    raise ValueError(f"the session has no track {track!r}")


def _new_id(root: ElementTree.Element) -> str:
    number = int(root.get("id-counter", "0"))
    root.set("id-counter", str(number + 1))
    return str(number)
