"""A corpus of a few composed songs, with files of every kind that is to be left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from mido import Message, MetaMessage, MidiFile, MidiTrack, bpm2tempo

PPQ = 480
TITLE = "A Title Nobody May Print"
HITS_PER_BAR = 12

Notes = Iterable[tuple[int, int, int]]  # start in 16ths, pitch, velocity


def write_corpus(root: Path) -> Path:
    """Three songs to train on, one each to validate and test; four files of which nothing is kept."""
    for name in ("train/one", "train/two", "train/three", "validation/four", "test/five"):
        write_song(root / f"{name}.mid", bars=8, bpm=96 if name == "train/two" else 120)
    write_song(root / "train/waltz.mid", bars=8, meter=(3, 4))
    write_song(root / "train/strings.mid", bars=8, program=48)
    write_song(root / "train/short.mid", bars=1)
    (root / "train/broken.mid").write_bytes(b"MThd and no more")
    return root


def write_song(
    path: Path, *, bars: int, bpm: float = 120, meter: tuple[int, int] = (4, 4), program: int = 33
) -> None:
    """A rock beat of twelve hits a bar on four velocities, and a bass in quarters; no two hits coincide."""
    beat: list[tuple[int, int, int]] = []
    for bar in range(bars):
        first = 16 * bar
        beat += [(first + eighth * 2, 42, 70) for eighth in range(8)]
        beat += [(first, 36, 100), (first + 8, 36, 110), (first + 4, 38, 120), (first + 12, 38, 120)]
    bass = [(4 * quarter, 40 + quarter % 5, 90) for quarter in range(4 * bars)]
    file = MidiFile(ticks_per_beat=PPQ)
    tempo = MidiTrack([MetaMessage("set_tempo", tempo=bpm2tempo(bpm))])
    tempo.append(MetaMessage("time_signature", numerator=meter[0], denominator=meter[1]))
    file.tracks.extend([tempo, _track(bass, 0, TITLE, program), _track(beat, 9, TITLE, 0)])
    path.parent.mkdir(parents=True, exist_ok=True)
    file.save(path)


def _track(notes: Notes, channel: int, name: str, program: int) -> MidiTrack:
    events: list[tuple[int, Message]] = []
    for start, pitch, velocity in notes:
        ticks = start * PPQ // 4
        events.append((ticks, Message("note_on", channel=channel, note=pitch, velocity=velocity)))
        events.append((ticks + PPQ // 4, Message("note_off", channel=channel, note=pitch)))
    track = MidiTrack(
        [MetaMessage("track_name", name=name), Message("program_change", channel=channel, program=program)]
    )
    track.extend(_with_deltas(sorted(events, key=lambda event: (event[0], event[1].type == "note_on"))))
    return track


def _with_deltas(events: Sequence[tuple[int, Message]]) -> list[Message]:
    before = 0
    messages: list[Message] = []
    for ticks, message in events:
        messages.append(message.copy(time=ticks - before))
        before = ticks
    return messages
