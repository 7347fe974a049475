"""From settled patterns to notes: swung, muted, at the asked level, mapped, and scheduled a moment ahead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from musegen_daw.jam.control.controls import Controls
from musegen_daw.jam.events import TimedNote
from musegen_daw.jam.output.outputs import PlaysNotes
from musegen_daw.jam.patterns import LIVE_PPQ, BarGrid, Pattern, clip_of
from musegen_daw.jam.recording.recorder import Recorder
from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.drum_maps import GENERAL_MIDI, DrumMap, apply_drum_map
from musegen_daw.music.groove import swing, velocity_curve
from musegen_daw.music.kit import DRUM_CHANNEL, VOICE_OF_PITCH, VOICES


@dataclass(frozen=True, slots=True)
class Kit:
    """The pitches, channel (0 to 15) and note length of the instrument that plays the drums."""

    drum_map: DrumMap = GENERAL_MIDI
    channel: int = DRUM_CHANNEL
    note_seconds: float = 0.1

    def __post_init__(self) -> None:
        if not 0 <= self.channel <= 15:
            raise ValueError(f"a channel must be within 1..16, got {self.channel + 1}")
        if not 0.001 <= self.note_seconds <= 10:
            raise ValueError(f"a note must be held for 0.001 to 10 seconds, got {self.note_seconds}")


class Performer:
    """Turns settled bars into notes for a sampler; hands each on once, unless it is recalled."""

    def __init__(self, kit: Kit, grid: BarGrid | None = None) -> None:
        self._kit, self._grid = kit, grid or BarGrid()
        self._notes: list[Note] = []
        self._energies: dict[tuple[int, int], float] = {}  # that they were written for, by tick and pitch
        self._due_seconds: dict[tuple[int, int], float] = {}  # of what was handed on, by tick and pitch

    def add(self, pattern: Pattern, swing_ratio: float) -> None:
        """Settle a bar with its swing."""
        division = 16 if self._grid.is_compound else 8
        origin_ticks = self._grid.bar(pattern.bar).start_ticks
        swung = swing(clip_of((pattern,), 0), swing_ratio, division=division, origin_ticks=origin_ticks)
        self._notes += swung.notes
        self._notes.sort(key=_key)
        self._energies |= dict.fromkeys(map(_key, swung.notes), pattern.energy)

    def clear(self) -> None:
        """Forget all hits that wait."""
        self._notes.clear()
        self._energies.clear()
        self._due_seconds.clear()

    def recall(self, from_seconds: float) -> int | None:
        """What is due from that time on was not sent and may be taken again; the tick of the first such hit."""
        sent = {key: due for key, due in self._due_seconds.items() if due < from_seconds}
        recalled = self._due_seconds.keys() - sent.keys()
        self._due_seconds = sent
        return min((ticks for ticks, _ in recalled), default=None)

    def take(
        self,
        from_ticks: int,
        until_ticks: int,
        controls: Controls,
        gain: float,
        due_seconds: Callable[[Note], float],
    ) -> tuple[Note, ...]:
        """The hits within [from_ticks, until_ticks) that were not taken yet, at the pitches of the kit.

        Mutes, energy (relative to that of the request) and gain take effect at once. Earlier hits are forgotten.
        """
        self._forget(from_ticks - LIVE_PPQ)
        due = [
            note
            for note in self._notes
            if from_ticks <= note.start_ticks < until_ticks and _key(note) not in self._due_seconds
        ]
        self._due_seconds |= {_key(note): due_seconds(note) for note in due}
        audible = tuple(note for note in due if _voice(note) not in controls.muted) if gain > 0 else ()
        clip = self._at_energy(Clip(audible, 0, LIVE_PPQ, is_drum=True), controls)
        if gain < 1:
            clip = clip.map_notes(lambda note: replace(note, velocity=max(1, round(note.velocity * gain))))
        return apply_drum_map(clip, self._kit.drum_map).notes

    def _at_energy(self, clip: Clip, controls: Controls) -> Clip:
        def change(note: Note) -> Note:
            exponent = controls.velocity_exponent(self._energies[_key(note)])
            return velocity_curve(note, exponent)

        return clip.map_notes(change)

    def _forget(self, before_ticks: int) -> None:
        self._notes = [note for note in self._notes if note.start_ticks >= before_ticks]
        self._energies = {key: energy for key, energy in self._energies.items() if key[0] >= before_ticks}
        self._due_seconds = {key: due for key, due in self._due_seconds.items() if key[0] >= before_ticks}


def _key(note: Note) -> tuple[int, int]:
    return note.start_ticks, note.pitch


def _voice(note: Note) -> str | None:
    index = VOICE_OF_PITCH.get(note.pitch)
    return None if index is None else VOICES[index]


LATE_SECONDS = 0.03  # a hit that comes later than this is left out
RETIME_SECONDS = 0.003  # less than this a drummer is not corrected
CERTAIN_SECONDS = 0.005


class Sender:
    """Hands the hits of settled bars to the scheduler; `seconds_at` says when a beat of the session comes.

    For one thread at a time.
    """

    def __init__(
        self,
        scheduler: PlaysNotes,
        seconds_at: Callable[[float], float | None],
        kit: Kit,
        recorder: Recorder | None,
        grid: BarGrid,
    ) -> None:
        self._scheduler, self._seconds_at, self._kit, self._recorder = scheduler, seconds_at, kit, recorder
        self._performer = Performer(kit, grid)
        self._promised: tuple[float, float] | None = None  # a beat, and when it was to come

    def settle(self, pattern: Pattern, swing_ratio: float) -> None:
        self._performer.add(pattern, swing_ratio)

    def send(
        self,
        now_seconds: float,
        until_seconds: float,
        from_beats: float,
        beats_at: Callable[[float], float],
        controls: Controls,
        gain: float,
    ) -> None:
        """Schedule what is due by `until_seconds`, and reschedule what was sent for times that have changed.

        Nothing before `from_beats` is played.
        """
        until_beats = beats_at(until_seconds)
        promised_seconds = self._seconds_at(until_beats)
        if promised_seconds is None:
            return
        if self._is_off_time():
            # What is due sooner may have been sent.
            self._recall(now_seconds + CERTAIN_SECONDS - self._scheduler.offset_seconds)
        due = self._performer.take(
            _ticks(max(from_beats, beats_at(now_seconds - LATE_SECONDS))),
            _ticks(until_beats),
            controls,
            gain,
            self._due_seconds,
        )
        for note in due:
            start_seconds = self._due_seconds(note)
            end_seconds = start_seconds + self._kit.note_seconds
            self._scheduler.play(
                TimedNote(start_seconds, end_seconds, self._kit.channel, note.pitch, note.velocity)
            )
            if self._recorder is not None:
                self._recorder.sent(note)
        self._promised = until_beats, promised_seconds

    def silence(self, now_beats: float) -> None:
        """End what sounds and forget all that waits."""
        self._scheduler.release_all()
        self._performer.clear()
        self._promised = None
        if self._recorder is not None:
            self._recorder.cut(now_beats)

    def _recall(self, from_seconds: float) -> None:
        self._scheduler.cancel_after(from_seconds)
        first_ticks = self._performer.recall(from_seconds)
        if self._recorder is not None and first_ticks is not None:
            self._recorder.cut(first_ticks / LIVE_PPQ)

    def _is_off_time(self) -> bool:
        if self._promised is None:
            return False
        beats, seconds = self._promised
        now_expected = self._seconds_at(beats)
        return now_expected is not None and abs(now_expected - seconds) > RETIME_SECONDS

    def _due_seconds(self, note: Note) -> float:
        seconds = self._seconds_at(note.start_ticks / LIVE_PPQ)
        return 0.0 if seconds is None else seconds


def _ticks(beats: float) -> int:
    return round(beats * LIVE_PPQ)
