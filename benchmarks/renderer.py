"""The renderer beside FluidSynth: five clips that controllers shape, and how fast a song of four minutes is bounced."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import mido
import numpy as np
import soundfile
from numpy.typing import NDArray

from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.messages import BEND_CENTRE, ChannelMessage, MessageKind
from musegen_daw.music.time import TimeMap
from musegen_daw.playback.bounce import bounce
from musegen_daw.playback.synth.soundfont import open_soundfont
from musegen_daw.playback.synth.synth import render
from musegen_daw.resource_paths import soundfont_dir

RATE_HZ = 44_100
PPQ = 480
WINDOW_SECONDS = 0.05
PITCH_WINDOW_SECONDS = 0.1
MOST_LATE_SAMPLES = 512
RUNS = 5
"""Of each song; the one that took the processor least is told, for others are slowed by what runs beside."""
FLOOR_DB = -60.0
"""Below the loudest window of a clip; what is softer is not compared."""
MOST_DB, MOST_CENTS = 1.0, 5.0
_PIANO, _ORGAN, _FLUTE = 0, 16, 73
_UNITY_GAIN = (127 / 100) ** 2
"""FluidSynth at full volume is as loud as the SoundFont; here it is at the volume of a channel that was told none."""
_KINDS = {
    MessageKind.CONTROL_CHANGE: lambda m: mido.Message("control_change", control=m.number, value=m.value),
    MessageKind.PITCH_BEND: lambda m: mido.Message("pitchwheel", pitch=m.value - BEND_CENTRE),
    MessageKind.CHANNEL_PRESSURE: lambda m: mido.Message("aftertouch", value=m.value),
    MessageKind.KEY_PRESSURE: lambda m: mido.Message("polytouch", note=m.number, value=m.value),
}

Audio = NDArray[np.float64]


def _control(beat: float, number: int, value: int) -> ChannelMessage:
    return ChannelMessage(round(beat * PPQ), MessageKind.CONTROL_CHANGE, number, value)


def _bend(beat: float, value: int) -> ChannelMessage:
    return ChannelMessage(round(beat * PPQ), MessageKind.PITCH_BEND, 0, value)


def _note(pitch: int, beat: float, beats: float, velocity: int = 100) -> Note:
    return Note(pitch, velocity, round(beat * PPQ), round(beats * PPQ))


def clips() -> Mapping[str, Clip]:
    """The five, by what shapes them; 120 BPM, so that a beat is half a second."""
    held = (_note(60, 0, 8),)
    fall = range(0, 124, 4)
    return {
        "pedal": Clip(
            (_note(48, 0, 0.5), _note(60, 2, 0.5), _note(67, 4, 1.5), _note(72, 6, 0.25)),
            8 * PPQ,
            PPQ,
            program=_PIANO,
            messages=(
                *(_control(beat, 64, value) for beat, value in ((0, 127), (1.5, 0), (2.25, 127), (3.5, 0))),
                *(_control(beat, 66, value) for beat, value in ((5, 127), (5.75, 0))),
                *(_control(beat, 64, value) for beat, value in ((6.125, 64), (7, 63))),
            ),
        ),
        "bend": Clip(
            (_note(69, 0, 8),),
            8 * PPQ,
            PPQ,
            program=_ORGAN,
            messages=(
                _bend(1, 12_288),
                _bend(2, 16_383),
                _bend(3, 0),
                *(_control(4, number, value) for number, value in ((101, 0), (100, 0), (6, 5), (38, 0))),
                _bend(5, 16_383),
                *(_bend(6 + step / 64, 16_383 - 16 * step) for step in range(64)),
            ),
        ),
        "volume": Clip(
            held,
            8 * PPQ,
            PPQ,
            program=_ORGAN,
            messages=(_control(0, 7, 127), _control(2, 7, 64), _control(4, 7, 20), _control(6, 7, 100)),
        ),
        "pan": Clip(
            held,
            8 * PPQ,
            PPQ,
            program=_ORGAN,
            messages=(_control(0, 10, 0), _control(2, 10, 32), _control(4, 10, 96), _control(6, 10, 64)),
        ),
        "expression": Clip(
            held,
            8 * PPQ,
            PPQ,
            program=_ORGAN,
            messages=tuple(_control(1 + value / 20, 11, 127 - value) for value in fall),
        ),
    }


def with_fluidsynth(clip: Clip, soundfont: Path, folder: Path) -> Audio:
    """The clip as Debian's `fluidsynth` plays it without reverb and chorus, (samples, 2)."""
    midi, wav = folder / "clip.mid", folder / "clip.wav"
    # Messages before notes that begin with them, after notes that end there.
    events = [
        (note.start_ticks, 2, mido.Message("note_on", note=note.pitch, velocity=note.velocity))
        for note in clip.notes
    ]
    events += [(note.end_ticks, 0, mido.Message("note_off", note=note.pitch)) for note in clip.notes]
    events += [(message.start_ticks, 1, _KINDS[message.kind](message)) for message in clip.messages]
    track = mido.MidiTrack([mido.Message("program_change", program=clip.program)])
    now = 0
    for ticks, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=ticks - now))
        now = ticks
    mido.MidiFile(ticks_per_beat=clip.ppq, tracks=[track]).save(midi)
    switches = ["-niq", "-R", "0", "-C", "0", "-g", f"{_UNITY_GAIN:.4f}", "-r", str(RATE_HZ)]
    subprocess.run(
        ["fluidsynth", *switches, "-O", "float", "-T", "wav", "-F", str(wav), str(soundfont), str(midi)],
        check=True,
        capture_output=True,
    )
    return np.asarray(soundfile.read(wav, always_2d=True)[0], np.float64)


def compare(ours: Audio, theirs: Audio, seconds: float) -> dict[str, Any]:
    """The largest differences over the first `seconds`: of the envelope in dB, of the pitch in cents.

    FluidSynth acts on messages some milliseconds late, in steps of 64 samples; that is told apart, and what happens on
    beats happens in the middle of windows.
    """
    late = min(
        range(0, MOST_LATE_SAMPLES, 16), key=lambda samples: _difference(ours, theirs[samples:], seconds)[1]
    )
    theirs = theirs[late:]
    windows, mean_db, largest_db = _difference(ours, theirs, seconds)
    size = round(PITCH_WINDOW_SECONDS * RATE_HZ)
    cents = [
        abs(1200 * np.log2(_hz(ours[place : place + size, side]) / _hz(theirs[place : place + size, side])))
        for side in (0, 1)
        for place in range(0, min(round(seconds * RATE_HZ), len(ours), len(theirs)) - size + 1, size)
        if min(np.sqrt(np.mean(audio[place : place + size, side] ** 2)) for audio in (ours, theirs)) > 1e-3
    ]
    return {
        "windows": windows,
        "late_ms": 1e3 * late / RATE_HZ,
        "mean_db": mean_db,
        "largest_db": largest_db,
        "mean_cents": float(np.mean(cents)),
        "largest_cents": float(max(cents)),
    }


def _difference(ours: Audio, theirs: Audio, seconds: float) -> tuple[int, float, float]:
    """Between the envelopes: the windows that are heard, the mean and the largest difference in dB."""
    samples = min(round(seconds * RATE_HZ), len(ours), len(theirs))
    levels = _levels(ours[:samples]), _levels(theirs[:samples])
    heard = np.maximum(*levels) > max(level.max() for level in levels) + FLOOR_DB
    differences = np.abs(levels[0] - levels[1])[heard]
    return int(heard.sum()), float(differences.mean()), float(differences.max())


def _levels(audio: Audio) -> Audio:
    """Levels in dB of both sides, (windows, 2); the first window is half as long."""
    window = round(WINDOW_SECONDS * RATE_HZ)
    shifted = np.concatenate([np.zeros((window // 2, 2)), audio])
    count = len(shifted) // window
    power = np.mean(shifted[: count * window].reshape(count, window, 2) ** 2, axis=1)
    return 10 * np.log10(power + 1e-18)


def _hz(audio: Audio) -> float:
    size = 1 << 17
    spectrum = np.abs(np.fft.rfft(audio * np.hanning(len(audio)), size))
    top = int(np.argmax(spectrum[8:-1])) + 8
    before, at, after = np.log(spectrum[top - 1 : top + 2] + 1e-12)
    return (top + 0.5 * (before - after) / (before - 2 * at + after)) * RATE_HZ / size


def four_minutes() -> Song:
    """Piano chords with pedal, bass, strings, a flute that bends and swells, and drums, 120 bars at 120 BPM."""
    bars, bar = 120, 4 * PPQ
    roots = (48, 45, 41, 43)

    def clip(
        notes: list[Note], name: str, program: int, *messages: ChannelMessage, is_drum: bool = False
    ) -> Clip:
        return Clip(tuple(notes), bars * bar, PPQ, name, program, is_drum, messages=messages)

    piano = [
        _note(roots[at % 4] + 12 + step, 4 * at + beat, 0.9, 80 + (7 * at + beat) % 30)
        for at in range(bars)
        for beat in range(4)
        for step in (0, 4, 7, 12)
    ]
    pedal = [
        _control(4 * at + offset, 64, value)
        for at in range(bars)
        for offset, value in ((0.05, 127), (3.95, 0))
    ]
    bass = [_note(roots[at % 4] - 12, 4 * at + step / 2, 0.45) for at in range(bars) for step in range(8)]
    strings = [_note(roots[at % 4] + 12 + step, 4 * at, 3.9, 70) for at in range(bars) for step in (0, 4, 7)]
    flute = [
        _note(72 + (5 * at + 3 * step) % 12, 4 * at + step / 2, 0.5, 95)
        for at in range(bars)
        for step in range(8)
    ]
    swells = [_control(4 * at + step / 8, 11, 70 + step) for at in range(bars) for step in range(32)]
    bends = [
        _bend(16 * at + step / 16, 8_192 + 256 * (16 - abs(step - 16)))
        for at in range(30)
        for step in range(33)
    ]
    drums = [
        _note(pitch, 4 * at + place, 0.1, velocity)
        for at in range(bars)
        for pitch, places, velocity in (
            (42, tuple(step / 2 for step in range(8)), 90),
            (36, (0, 2), 110),
            (38, (1, 3), 110),
            (49, (0,) if at % 8 == 0 else (), 110),
        )
        for place in places
    ]
    return Song(
        (
            clip(piano, "Piano", _PIANO, *pedal),
            clip(bass, "Bass", 33),
            clip(strings, "Strings", 48),
            clip(flute, "Flute", _FLUTE, *swells, *bends),
            clip(drums, "Drums", 0, is_drum=True),
        ),
        TimeMap(PPQ),
    )


def _speed(song: Song, soundfont: Path, folder: Path, what: str) -> dict[str, Any]:
    seconds, runs = 0.0, list[tuple[float, float]]()
    for _ in range(RUNS):
        wall, processor = time.perf_counter(), time.process_time()
        seconds = bounce(song, folder / "song.wav", soundfont=soundfont).seconds
        runs.append((time.process_time() - processor, time.perf_counter() - wall))
    processor, wall = min(runs)
    notes = sum(len(clip.notes) for clip in song.clips)
    messages = sum(len(clip.messages) for clip in song.clips)
    print(
        f"| {what} | {notes} | {messages} | {seconds:.1f} | {processor:.2f} | {wall:.2f} "
        f"| {seconds / processor:.0f} |"
    )
    return {
        "song": what,
        "notes": notes,
        "messages": messages,
        "seconds": seconds,
        "processor_seconds": processor,
        "wall_seconds": wall,
    }


def benchmark(soundfont: Path | None = None) -> tuple[list[dict[str, Any]], int]:
    """Print both tables; returns the rows, and 1 where a clip is further apart than it may be, else 0."""
    soundfont = soundfont or soundfont_dir() / "musegen.sf2"
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        status = _print_differences(soundfont, folder, rows)
        print(
            f"\nBounce to 24 bits at {RATE_HZ} Hz, best of {RUNS} runs\n\n"
            "| song | notes | messages | seconds | processor s | wall s "
            "| times real time, by processor |\n|---|---|---|---|---|---|---|"
        )
        song = four_minutes()
        plain = Song(tuple(replace(clip, messages=()) for clip in song.clips), song.time_map)
        for what, each in (("without messages", plain), ("with messages", song)):
            rows.append(_speed(each, soundfont, folder, what))
    return rows, status


def _print_differences(soundfont: Path, folder: Path, rows: list[dict[str, Any]]) -> int:
    if shutil.which("fluidsynth") is None:
        print(
            "FluidSynth is not installed (Debian: apt-get install fluidsynth), so nothing is compared with it."
        )
        return 0
    font = open_soundfont(soundfont)

    def both(clip: Clip) -> tuple[Audio, Audio]:
        ours = render(Song((clip,), TimeMap(PPQ)), font, RATE_HZ).astype(np.float64)
        return ours, with_fluidsynth(clip, soundfont, folder)

    ours, theirs = both(Clip((_note(60, 0, 8),), 8 * PPQ, PPQ, program=_ORGAN))
    middle = slice(RATE_HZ, 3 * RATE_HZ)
    gain = float(np.sqrt(np.mean(ours[middle] ** 2) / np.mean(theirs[middle] ** 2)))
    print(
        f"The renderer beside {_version()}, {soundfont.name}; one gain for all clips, {20 * np.log10(gain):.2f} dB, "
        "from a note that nothing shapes\n\n"
        "| clip | windows | FluidSynth later ms | mean dB | largest dB | mean cents | largest cents |\n"
        "|---|---|---|---|---|---|---|"
    )
    status = 0
    for name, clip in clips().items():
        ours, theirs = both(clip)
        row = {"clip": name, **compare(ours, gain * theirs, clip.length_ticks / PPQ / 2)}
        rows.append(row)
        print(
            f"| {name} | {row['windows']} | {row['late_ms']:.1f} | {row['mean_db']:.2f} | {row['largest_db']:.2f} "
            f"| {row['mean_cents']:.2f} | {row['largest_cents']:.2f} |",
            flush=True,
        )
        if row["largest_db"] > MOST_DB or row["largest_cents"] > MOST_CENTS:
            status = 1
    return status


def _version() -> str:
    told = subprocess.run(["fluidsynth", "--version"], check=True, capture_output=True, text=True).stdout
    return told.splitlines()[0].replace("runtime version ", "")
