"""Convert clips to the tracks of a MIDI file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from musegen_daw.midi import smf
from musegen_daw.midi.drum_channels import says_drums
from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.kit import DRUM_CHANNEL
from musegen_daw.music.messages import ChannelMessage, MessageKind

MELODIC_CHANNELS = tuple(channel for channel in range(16) if channel != DRUM_CHANNEL)
MAX_PORT = 127
MAX_MESSAGES = 4_000_000
"""In all clips together; clips of one channel share theirs."""
_ENDS, _MESSAGES, _STARTS, _ENDS_AT_ONCE = range(4)  # the order of events at one tick


def song_tracks(song: Song) -> list[smf.Track]:
    """A track for each clip, with name, bank, program and channel messages; raises ValueError."""
    if sum(len(clip.messages) for clip in song.clips) > MAX_MESSAGES:
        raise ValueError(f"it has more than {MAX_MESSAGES:,} channel messages")
    plan = _channel_plan(song.clips)
    return [_clip_track(clip, *channel) for clip, channel in zip(song.clips, plan, strict=True)]


def conductor_events(song: Song) -> list[smf.Event]:
    """Tempos, time signatures and markers; raises ValueError where the format cannot hold them."""
    events: list[smf.Event] = []
    time_map = song.time_map
    for tempo in time_map.tempos:
        if tempo.quarter_microseconds > 0xFF_FFFF:
            raise ValueError(f"a tempo of {tempo.bpm:.2f} BPM is too slow")
        payload = tempo.quarter_microseconds.to_bytes(3)
        events.append((tempo.start_ticks, smf.META, smf.TEMPO, 0, payload))
    for meter in time_map.time_signatures:
        power = meter.denominator.bit_length() - 1
        if meter.denominator != 2**power or power > smf.MAX_DENOMINATOR_POWER or meter.numerator > 255:
            raise ValueError(
                f"the format cannot hold the time signature {meter.numerator}/{meter.denominator}"
            )
        payload = bytes((meter.numerator, power, 24, 8))
        events.append((meter.start_ticks, smf.META, smf.TIME_SIGNATURE, 0, payload))
    for marker in song.markers:
        payload = marker.name.encode("utf-8", "replace")
        events.append((marker.start_ticks, smf.META, smf.MARKER, 0, payload))
    return sorted(events, key=lambda event: event[0])


def drum_track(clip: Clip, channel: int, *, with_sound: bool) -> smf.Track:
    """A track of the notes on a channel (16 times its port plus its number), optionally with bank and program."""
    return _clip_track(clip, channel & 0x0F, channel >> 4, with_sound=with_sound)


def _channel_plan(clips: Sequence[Clip]) -> Iterator[tuple[int, int, bool, bool]]:
    """Channel, port, whether bank and program and whether messages are written, for each clip.

    Each part gets its own channel, on further ports when all are taken. Drums with equal sound and messages share a
    channel; others get their own port.
    """
    part_count = 0
    kits: list[Clip] = []
    for clip in clips:
        if clip.is_drum:
            kit = next((i for i, each in enumerate(kits) if _sounds_like(clip, each)), len(kits))
            is_first = kit == len(kits)
            if is_first:
                kits.append(clip)
            channel, port = DRUM_CHANNEL, kit
        else:
            port, number = divmod(part_count, len(MELODIC_CHANNELS))
            channel, is_first = MELODIC_CHANNELS[number], True
            part_count += 1
        if port > MAX_PORT:
            raise ValueError(f"it has more clips than {MAX_PORT + 1} ports of 16 channels")
        yield channel, port, True, is_first


def _sounds_like(clip: Clip, other: Clip) -> bool:
    return (clip.bank, clip.program) == (other.bank, other.program) and clip.messages == other.messages


def _clip_track(
    clip: Clip, channel: int, port: int, with_sound: bool = True, with_messages: bool = True
) -> smf.Track:
    head: list[smf.Event] = []
    if clip.name:
        head.append((0, smf.META, smf.TRACK_NAME, 0, clip.name.encode("utf-8", "replace")))
    if port:
        head.append((0, smf.META, smf.PORT, 0, bytes((port,))))
    if with_sound:
        if clip.bank and says_drums(channel, clip.bank, clip.program) == clip.is_drum:
            head.append((0, smf.CONTROL_CHANGE | channel, 0, clip.bank >> 7, b""))
            head.append((0, smf.CONTROL_CHANGE | channel, 32, clip.bank & 0x7F, b""))
        head.append((0, smf.PROGRAM_CHANGE | channel, clip.program, 0, b""))
    sortable = list(_note_events(clip.notes, channel))
    if with_messages:
        sortable += [
            (message.start_ticks, _MESSAGES, index, _message_event(message, channel))
            for index, message in enumerate(clip.messages)
        ]
    sortable.sort(key=lambda each: each[:3])
    return smf.Track((*head, *(each[3] for each in sortable)), clip.end_ticks)


def _note_events(notes: Iterable[Note], channel: int) -> Iterator[tuple[int, int, int, smf.Event]]:
    """Note events with their sort keys: note-offs of earlier notes first, those of empty notes last."""
    for index, note in enumerate(notes):
        on = (note.start_ticks, smf.NOTE_ON | channel, note.pitch, note.velocity, b"")
        off = (note.end_ticks, smf.NOTE_OFF | channel, note.pitch, 64, b"")
        yield note.start_ticks, _STARTS, index, on
        yield note.end_ticks, _ENDS if note.duration_ticks else _ENDS_AT_ONCE, index, off


def _message_event(message: ChannelMessage, channel: int) -> smf.Event:
    ticks, value = message.start_ticks, message.value
    if message.kind is MessageKind.CONTROL_CHANGE:
        return (ticks, smf.CONTROL_CHANGE | channel, message.number, value, b"")
    if message.kind is MessageKind.PITCH_BEND:
        return (ticks, smf.PITCH_BEND | channel, value & 0x7F, value >> 7, b"")
    if message.kind is MessageKind.CHANNEL_PRESSURE:
        return (ticks, smf.CHANNEL_PRESSURE | channel, value, 0, b"")
    return (ticks, smf.KEY_PRESSURE | channel, message.number, value, b"")
