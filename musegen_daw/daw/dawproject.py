"""DAWproject files: tracks, clips, tempo, meter and markers in the exchange format of Bitwig, Studio One and Cubase."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from io import BytesIO
from xml.etree.ElementTree import Element, SubElement, tostring

import musegen_daw
from musegen_daw.daw.tempo import shortest_bpm
from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.messages import ChannelMessage, MessageKind
from musegen_daw.music.time import Tempo, TimeSignature

SUFFIX = ".dawproject"
FORMAT_VERSION = "1.0"
DRUM_COLOR, PART_COLOR = "#d9863d", "#4a90c2"
MIN_BPM, MAX_BPM = 20, 999
_DRUM_CHANNEL = 9
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_EXPRESSIONS = {
    MessageKind.CONTROL_CHANGE: "channelController",
    MessageKind.PITCH_BEND: "pitchBend",
    MessageKind.CHANNEL_PRESSURE: "channelPressure",
    MessageKind.KEY_PRESSURE: "polyPressure",
}


def song_to_dawproject(song: Song, title: str = "") -> bytes:
    """The bytes of a .dawproject with one track for each clip; the same song gives the same bytes.

    Times are in quarter notes. Controllers, pitch bend and pressure are automation of the clip, normalised to 0..1.
    Source: https://github.com/bitwig/dawproject, version 1.0, Project.xsd and MetaData.xsd.
    """
    metadata = Element("MetaData")
    SubElement(metadata, "Title").text = _text(title)
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, root in (("project.xml", _project(song)), ("metadata.xml", metadata)):
            entry = zipfile.ZipInfo(name)  # of 1980: without the time of day
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, tostring(root, encoding="UTF-8", xml_declaration=True))
    return target.getvalue()


def _project(song: Song) -> Element:
    project = Element("Project", version=FORMAT_VERSION)
    SubElement(project, "Application", name="musegen-daw", version=musegen_daw.__version__)
    tempos, meters = _tempos(song), _meters(song)
    transport = SubElement(project, "Transport")
    bpm = {"min": f"{MIN_BPM}", "max": f"{MAX_BPM}", "unit": "bpm"}
    SubElement(
        transport,
        "Tempo",
        {
            **bpm,
            "value": _bpm(tempos[0]),
            "id": "tempo",
            "name": "Tempo",
        },
    )
    SubElement(transport, "TimeSignature", {**_meter(meters[0]), "id": "meter"})
    structure = SubElement(project, "Structure")
    for index, clip in enumerate(song.clips):
        _track(structure, clip, index)
    master = SubElement(
        structure, "Track", contentType="audio notes", loaded="true", id="master", name="Master"
    )
    _channel(master, "master-channel", role="master")
    arrangement = SubElement(project, "Arrangement", id="arrangement")
    lanes = SubElement(arrangement, "Lanes", timeUnit="beats", id="lanes")
    for index, clip in enumerate(song.clips):
        _lane(lanes, clip, index, song.end_ticks)
    ppq = song.time_map.ppq
    if song.markers:
        markers = SubElement(arrangement, "Markers", id="markers", timeUnit="beats")
        for marker in sorted(song.markers, key=lambda marker: marker.start_ticks):
            SubElement(
                markers, "Marker", time=_beats(marker.start_ticks, ppq), name=_text(marker.name) or "Marker"
            )
    if len(tempos) > 1:
        points = _automation(arrangement, "TempoAutomation", "tempo", unit="bpm")
        for tempo in tempos:
            _point(
                points,
                "RealPoint",
                tempo.start_ticks,
                ppq,
                value=_bpm(tempo),
                interpolation="hold",
            )
    if len(meters) > 1:
        points = _automation(arrangement, "TimeSignatureAutomation", "meter")
        for meter in meters:
            _point(points, "TimeSignaturePoint", meter.start_ticks, ppq, **_meter(meter))
    return project


def _tempos(song: Song) -> list[Tempo]:
    """Those in force, the first at tick 0."""
    first = Tempo(0, round(60e6 / song.time_map.bpm_at(0)))
    return [first, *(tempo for tempo in song.time_map.tempos if 0 < tempo.start_ticks < song.end_ticks)]


def _meters(song: Song) -> list[TimeSignature]:
    """Those in force, the first at tick 0."""
    first = TimeSignature(0, 4, 4)
    later: list[TimeSignature] = []
    for meter in song.time_map.time_signatures:
        if meter.start_ticks <= 0:
            first = TimeSignature(0, meter.numerator, meter.denominator)
        elif meter.start_ticks < song.end_ticks:
            later.append(meter)
    return [first, *later]


def _bpm(tempo: Tempo) -> str:
    return _number(shortest_bpm(tempo.quarter_microseconds))


def _meter(meter: TimeSignature) -> dict[str, str]:
    return {"numerator": str(meter.numerator), "denominator": str(meter.denominator)}


def _track(structure: Element, clip: Clip, index: int) -> None:
    name = _text(clip.name) or ("Drums" if clip.is_drum else f"Track {index + 1}")
    color = DRUM_COLOR if clip.is_drum else PART_COLOR
    track = SubElement(
        structure, "Track", contentType="notes", loaded="true", id=f"track-{index}", name=name, color=color
    )
    _channel(track, f"channel-{index}", role="regular", destination="master-channel")


def _channel(track: Element, identity: str, **more: str) -> None:
    channel = SubElement(track, "Channel", {"audioChannels": "2", "solo": "false", "id": identity, **more})
    SubElement(channel, "Mute", value="false", id=f"{identity}-mute", name="Mute")
    pan = {"min": "0", "max": "1", "unit": "normalized", "value": "0.5"}
    SubElement(channel, "Pan", pan, id=f"{identity}-pan", name="Pan")
    volume = {"min": "0", "max": "2", "unit": "linear", "value": "1"}
    SubElement(channel, "Volume", volume, id=f"{identity}-volume", name="Volume")


def _lane(lanes: Element, clip: Clip, index: int, end_ticks: int) -> None:
    lane = SubElement(lanes, "Lanes", track=f"track-{index}", id=f"lane-{index}")
    clips = SubElement(lane, "Clips", id=f"clips-{index}")
    end = _beats(end_ticks, clip.ppq)
    name = _text(clip.name)
    placed = SubElement(
        clips, "Clip", time="0", duration=end, playStart="0", contentTimeUnit="beats", name=name
    )
    content = SubElement(placed, "Lanes", id=f"content-{index}") if clip.messages else placed
    notes = SubElement(content, "Notes", id=f"notes-{index}")
    channel = str(_DRUM_CHANNEL if clip.is_drum else 0)
    for note in clip.notes:
        SubElement(notes, "Note", _note(note, clip.ppq, channel))
    for number, messages in enumerate(_by_target(clip.messages)):
        _messages(content, messages, clip.ppq, channel, f"messages-{index}-{number}")


def _note(note: Note, ppq: int, channel: str) -> dict[str, str]:
    velocity = _number(note.velocity / 127)
    return {
        "time": _beats(note.start_ticks, ppq),
        "duration": _beats(max(1, note.duration_ticks), ppq),
        "channel": channel,
        "key": str(note.pitch),
        "vel": velocity,
        "rel": velocity,
    }


def _by_target(messages: Iterable[ChannelMessage]) -> list[list[ChannelMessage]]:
    groups: dict[tuple[MessageKind, int], list[ChannelMessage]] = {}
    for message in messages:
        groups.setdefault((message.kind, message.number), []).append(message)
    return list(groups.values())


def _messages(
    content: Element, messages: list[ChannelMessage], ppq: int, channel: str, identity: str
) -> None:
    kind, number = messages[0].kind, messages[0].number
    points = SubElement(content, "Points", unit="normalized", id=identity)
    target = SubElement(points, "Target", expression=_EXPRESSIONS[kind], channel=channel)
    if kind is MessageKind.CONTROL_CHANGE:
        target.set("controller", str(number))
    if kind is MessageKind.KEY_PRESSURE:
        target.set("key", str(number))
    largest = 16_383 if kind is MessageKind.PITCH_BEND else 127
    for message in messages:
        value = _number(message.value / largest)
        _point(points, "RealPoint", message.start_ticks, ppq, value=value, interpolation="hold")


def _automation(arrangement: Element, tag: str, parameter: str, **more: str) -> Element:
    points = SubElement(arrangement, tag, {"timeUnit": "beats", "id": f"{parameter}-automation", **more})
    SubElement(points, "Target", parameter=parameter)
    return points


def _point(points: Element, tag: str, ticks: int, ppq: int, **more: str) -> None:
    SubElement(points, tag, {"time": _beats(ticks, ppq), **more})


def _beats(ticks: int, ppq: int) -> str:
    return _number(ticks / ppq)


def _number(value: float) -> str:
    return f"{value:.9f}".rstrip("0").rstrip(".")


def _text(text: str) -> str:
    """Without the characters that XML 1.0 has no way to write."""
    return _NOT_IN_XML.sub("", text)
