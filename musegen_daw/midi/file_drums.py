"""Replace or extend the drums in a MIDI file, keeping all other events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from musegen_daw.midi import smf
from musegen_daw.midi.clips import PlacedClip, placed_clips
from musegen_daw.midi.tracks import MAX_PORT, drum_track
from musegen_daw.music.clip import Clip
from musegen_daw.music.drum_maps import place_in_kit
from musegen_daw.music.kit import DRUM_CHANNEL

_TIME = (smf.TEMPO, smf.TIME_SIGNATURE, smf.MARKER, smf.CUE_POINT)


@dataclass(frozen=True, slots=True)
class FileDrums:
    """The tracks of a file, its clips, and for each clip whether it is drums.

    Channels are 16 times a port plus a number from 0.
    """

    midi: smf.MidiData
    placed: tuple[PlacedClip, ...]
    is_drum: tuple[bool, ...]

    def replaced(self, drums: Clip) -> list[smf.Track]:
        """The tracks without their drums, followed by a track of `drums`.

        A track of drums alone is removed, unless it holds tempo, meter or markers.
        """
        kept: list[smf.Track] = []
        for track, marks in zip(self.midi.tracks, self._marks(), strict=True):
            if marks is None:
                kept.append(track)
                continue
            events = [event for event, mark in zip(track.events, marks, strict=True) if mark is not True]
            if any(mark is False for mark in marks) or any(map(_is_time, events)):
                kept.append(track.with_events(events))
        return [*kept, drum_track(drums, self._free_drum_channel, with_sound=True)]

    def completed(self, written: Clip) -> list[smf.Track]:
        """The tracks with `written` added to the drums with the most hits, of which there must be some.

        The hits go into that track where it plays nothing else, otherwise into a new track on its channel. Where the
        channel selects the sound later, it is selected at the start; where that would change another sound, the hits
        get a drum channel of their own.
        """
        return self._put_in(list(self.midi.tracks), written)

    def alone(self, written: Clip) -> list[smf.Track]:
        """As `completed`, drums only; tempo, meter and markers are kept up to the end of `written`."""
        tracks: list[smf.Track | None] = []
        for track, marks in zip(self.midi.tracks, self._marks(), strict=True):
            if marks is not None and any(marks):
                kept = [event for event, mark in zip(track.events, marks, strict=True) if mark is not False]
                tracks.append(track if len(kept) == len(track.events) else track.with_events(kept))
                continue
            time = [
                event for event in track.events if _is_time(event) and event[0] < max(1, written.end_ticks)
            ]
            end_ticks = min(track.end_ticks, written.end_ticks)
            tracks.append(smf.Track(tuple(time), end_ticks) if time else None)
        return self._put_in(tracks, written)

    def split(self, names: Mapping[int, str]) -> list[smf.Track]:
        """The tracks with the hits of each drum track in tracks of their own, one for each piece of `names` by pitch.

        What else is in a drum track goes with its first piece where nothing else plays in it.
        """
        tracks: list[smf.Track] = []
        for track, marks in zip(self.midi.tracks, self._marks(), strict=True):
            hits: dict[str, list[smf.Event]] = {}
            rest: list[smf.Event] = []
            for event, mark in zip(track.events, marks or [None] * len(track.events), strict=True):
                is_hit = bool(mark) and event[1] < smf.KEY_PRESSURE
                (hits.setdefault(names.get(event[2]) or f"note {event[2]}", []) if is_hit else rest).append(
                    event
                )
            if not hits:
                tracks.append(track)
                continue
            if any(mark is False for mark in marks or ()):
                tracks.append(track.with_events(rest))
                rest = [event for event in rest if _is_port(event)]
            elif any(map(_is_time, rest)):
                tracks.append(track.with_events(event for event in rest if event[1] >= smf.SYSEX))
                rest = [event for event in rest if event[1] < smf.SYSEX or _is_port(event)]
            ports = [event for event in rest if _is_port(event)]
            for name, events in sorted(hits.items(), key=lambda each: place_in_kit(each[0])):
                title = (0, smf.META, smf.TRACK_NAME, 0, name.capitalize().encode())
                others = [event for event in rest if event[1:3] != (smf.META, smf.TRACK_NAME)]
                merged = sorted([*others, *events], key=lambda event: event[0])
                tracks.append(smf.Track((title, *merged), track.end_ticks))
                rest = ports
        return tracks

    @property
    def has_drums(self) -> bool:
        return bool(self._sounding(drums=True))

    def _sounding(self, *, drums: bool) -> list[PlacedClip]:
        clips = zip(self.placed, self.is_drum, strict=True)
        return [each for each, is_drum in clips if is_drum == drums and each.clip.notes]

    def _put_in(self, tracks: Sequence[smf.Track | None], written: Clip) -> list[smf.Track]:
        kept = [each for each in tracks if each is not None]
        if not written.notes:
            return kept
        hits = Counter[tuple[int, int]]()
        for each in self._sounding(drums=True):
            hits[each.track, each.channel] += len(each.clip.notes)
        (index, channel), _ = hits.most_common(1)[0]
        main = max(
            (each for each in self._sounding(drums=True) if (each.track, each.channel) == (index, channel)),
            key=lambda each: len(each.clip.notes),
        )
        sounding = replace(written, bank=main.clip.bank, program=main.clip.program)
        track = tracks[index]
        is_alone = {each for each in _channels(self.midi.tracks[index]) if each is not None} == {channel}
        for with_sound in (False, True):
            if track is not None and is_alone:
                drums = drum_track(replace(sounding, name=""), channel & 0x0F, with_sound=with_sound)
                merged = _merged(track, drums)
                tried = [merged if each is track else each for each in kept]
            else:
                tried = [*kept, drum_track(sounding, channel, with_sound=with_sound)]
            if self._sounds_as(main, kept, tried, len(written.notes)):
                return tried
        return [*kept, drum_track(sounding, self._free_drum_channel, with_sound=True)]

    def _sounds_as(
        self, main: PlacedClip, before: Sequence[smf.Track], after: Sequence[smf.Track], hits: int
    ) -> bool:
        """Whether exactly `hits` notes were added that sound as `main`, and all others sound as before."""
        added = self._sounds(after)
        added.subtract(self._sounds(before))
        is_drum = main.clip.is_drum and not main.is_by_name
        wanted = (main.channel, main.clip.bank, main.clip.program, is_drum)
        return {sound: count for sound, count in added.items() if count} == {wanted: hits}

    def _sounds(self, tracks: Sequence[smf.Track]) -> Counter[tuple[int, int, int, bool]]:
        """The number of notes for each channel, bank, program and whether the channel is drums."""
        found = Counter[tuple[int, int, int, bool]]()
        for each in placed_clips(smf.MidiData(tuple(tracks), self.midi.ppq), lambda text: ""):
            clip = each.clip
            found[each.channel, clip.bank, clip.program, clip.is_drum] += len(clip.notes)
        return found

    @property
    def _free_drum_channel(self) -> int:
        melodic = {each.channel for each in self._sounding(drums=False)}
        free = (port << 4 | DRUM_CHANNEL for port in range(MAX_PORT + 1))
        return next((each for each in free if each not in melodic), DRUM_CHANNEL)

    def _marks(self) -> Iterable[list[bool | None] | None]:
        """For each track, whether each event belongs to drums; None for a track without drums.

        None too for an event without a channel. Channel messages belong to what the channel plays in that track, or
        in any track where it plays nothing in that one; where it plays both, not to drums.
        """
        drums, others = self._sounding(drums=True), self._sounding(drums=False)
        voices: dict[tuple[int, int], list[PlacedClip]] = {}
        for each in drums:
            voices.setdefault((each.track, each.channel), []).append(each)
        melodic_voices = {(each.track, each.channel) for each in others}
        melodic = {each.channel for each in others}
        # A name applies to its track only, a message to the whole channel.
        of_drums = {each.channel for each in drums if each.clip.is_drum and not each.is_by_name} - melodic

        def marks_all(index: int, channel: int) -> bool:
            if (index, channel) in melodic_voices:
                return False
            if (index, channel) in voices:
                return True
            return channel in of_drums or (channel & 0x0F == DRUM_CHANNEL and channel not in melodic)

        for index, track in enumerate(self.midi.tracks):
            channels = _channels(track)
            found = {channel for channel in channels if channel is not None}
            all_drums = {channel for channel in found if marks_all(index, channel)}
            mixed = {
                channel: _Hits(voices[index, channel])
                for channel in found - all_drums
                if (index, channel) in voices
            }
            if not all_drums and not mixed:
                yield None
                continue
            yield [
                None
                if channel is None
                else channel in all_drums or (channel in mixed and mixed[channel].has(event))
                for channel, event in zip(channels, track.events, strict=True)
            ]


class _Hits:
    """The note-ons and note-offs of drums on a channel that also plays something else."""

    def __init__(self, placed: Sequence[PlacedClip]) -> None:
        notes = [note for each in placed for note in each.clip.notes]
        self._starts = Counter[tuple[int, ...]](
            (note.start_ticks, note.pitch, note.velocity) for note in notes
        )
        self._ends = Counter[tuple[int, ...]]((note.end_ticks, note.pitch) for note in notes)

    def has(self, event: smf.Event) -> bool:
        """Whether an event is one of them; each is found once."""
        ticks, status, pitch, velocity, _ = event
        if status >= smf.KEY_PRESSURE:
            return False
        is_start = status >= smf.NOTE_ON and velocity > 0
        left, key = (self._starts, (ticks, pitch, velocity)) if is_start else (self._ends, (ticks, pitch))
        if not left[key]:
            return False
        left[key] -= 1
        return True


def _is_time(event: smf.Event) -> bool:
    return event[1] == smf.META and event[2] in _TIME


def _is_port(event: smf.Event) -> bool:
    return event[1] == smf.META and event[2] == smf.PORT


def _channels(track: smf.Track) -> list[int | None]:
    """The channel of each event, or None."""
    channels: list[int | None] = []
    port = track.first_port
    for _, status, first, _, payload in track.events:
        if status < smf.SYSEX:
            channels.append(port | status & 0x0F)
            continue
        channels.append(None)
        if status == smf.META and first == smf.PORT and payload:
            port = payload[0] << 4
    return channels


def _merged(track: smf.Track, other: smf.Track) -> smf.Track:
    """Both tracks in one; at equal ticks the events of `track` come first."""
    merged = sorted([*track.events, *other.events], key=lambda event: event[0])
    return smf.Track(tuple(merged), max(track.end_ticks, other.end_ticks))
