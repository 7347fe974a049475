"""DAWproject files hold the song, in the structure that the format asks for."""

import io
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given

from musegen_daw.daw.dawproject import song_to_dawproject
from musegen_daw.daw.projects import project_bytes
from musegen_daw.errors import ProjectError
from musegen_daw.midi.file import read_midi
from musegen_daw.music.clip import Clip, Marker, Note, Song
from musegen_daw.music.messages import ChannelMessage, MessageKind
from musegen_daw.music.time import Tempo, TimeMap, TimeSignature
from tests.strategies import songs

DEMO = Path("resources/clips/demo.mid")

# Project.xsd of DAWproject 1.0: the children that an element may have, in this order, and what it must say.
CHILDREN = {
    "Project": ("Application", "Transport", "Structure", "Arrangement", "Scenes"),
    "Transport": ("Tempo", "TimeSignature"),
    "Structure": ("Track",),
    "Track": ("Channel", "Track"),
    "Channel": ("Devices", "Mute", "Pan", "Sends", "Volume"),
    "Arrangement": ("Lanes", "Markers", "TempoAutomation", "TimeSignatureAutomation"),
    "Lanes": ("Lanes", "Clips", "Notes", "Points"),
    "Clips": ("Clip",),
    "Clip": ("Lanes", "Notes"),
    "Notes": ("Note",),
    "Markers": ("Marker",),
    "Points": ("Target", "RealPoint"),
    "TempoAutomation": ("Target", "RealPoint"),
    "TimeSignatureAutomation": ("Target", "TimeSignaturePoint"),
}
REQUIRED = {
    "Project": {"version"},
    "Application": {"name", "version"},
    "Tempo": {"unit"},
    "Pan": {"unit"},
    "Volume": {"unit"},
    "TimeSignature": {"numerator", "denominator"},
    "Note": {"time", "duration", "channel", "key"},
    "Clip": {"time"},
    "Marker": {"time"},
    "RealPoint": {"time", "value"},
    "TimeSignaturePoint": {"time", "numerator", "denominator"},
}
REFERENCES = ("track", "destination", "parameter")


def project_of(song):
    with zipfile.ZipFile(io.BytesIO(song_to_dawproject(song, "A song"))) as archive:
        assert archive.namelist() == ["project.xml", "metadata.xml"]
        assert archive.testzip() is None
        return ElementTree.fromstring(archive.read("project.xml"))


def clip_of(project, index):
    return project.find(f"Arrangement/Lanes/Lanes[@track='track-{index}']/Clips/Clip")


def notes_of(project, index, ppq):
    return sorted(
        (
            round(float(note.get("time")) * ppq),
            round(float(note.get("duration")) * ppq),
            int(note.get("key")),
            round(float(note.get("vel")) * 127),
        )
        for note in clip_of(project, index).iter("Note")
    )


@given(song=songs())
def test_it_has_the_structure_of_the_schema(song):
    project = project_of(song)
    identities = [each.get("id") for each in project.iter() if each.get("id")]
    assert len(identities) == len(set(identities))
    for element in project.iter():
        order = CHILDREN.get(element.tag, ())
        places = [order.index(child.tag) for child in element]
        assert element.tag == "Lanes" or places == sorted(places)
        assert REQUIRED.get(element.tag, set()) <= set(element.keys())
        assert all(element.get(name) in identities for name in REFERENCES if element.get(name))


@given(song=songs())
def test_every_note_is_in_it(song):
    project = project_of(song)
    for index, clip in enumerate(song.clips):
        expected = sorted(
            (note.start_ticks, max(1, note.duration_ticks), note.pitch, note.velocity) for note in clip.notes
        )
        assert notes_of(project, index, clip.ppq) == expected


def test_tempo_meter_and_markers_are_those_of_the_song():
    time_map = TimeMap(
        480,
        (Tempo(0, 833_333), Tempo(3840, 500_000)),
        (TimeSignature(0, 3, 4), TimeSignature(2880, 6, 8)),
    )
    bass = Clip((Note(40, 100, 0, 480),), 7680, 480, name="Bass")
    project = project_of(Song((bass,), time_map, (Marker(2880, "Chorus"), Marker(0, "Verse"))))
    assert project.find("Transport/Tempo").get("value") == "72"
    assert project.find("Transport/TimeSignature").get("numerator") == "3"
    markers = [(each.get("time"), each.get("name")) for each in project.iter("Marker")]
    assert markers == [("0", "Verse"), ("6", "Chorus")]
    tempos = project.find("Arrangement/TempoAutomation")
    assert [(each.get("time"), each.get("value")) for each in tempos.iter("RealPoint")] == [
        ("0", "72"),
        ("8", "120"),
    ]
    meters = project.find("Arrangement/TimeSignatureAutomation")
    assert [(each.get("time"), each.get("numerator")) for each in meters.iter("TimeSignaturePoint")] == [
        ("0", "3"),
        ("6", "6"),
    ]
    assert clip_of(project, 0).get("duration") == "16"


def test_controllers_and_bends_are_automation_of_the_clip():
    messages = (
        ChannelMessage(0, MessageKind.CONTROL_CHANGE, 64, 127),
        ChannelMessage(240, MessageKind.PITCH_BEND, 0, 16_383),
        ChannelMessage(480, MessageKind.CONTROL_CHANGE, 64, 0),
    )
    piano = Clip((Note(60, 80, 0, 480),), 960, 480, messages=messages)
    clip = clip_of(project_of(Song((piano,), TimeMap(480))), 0)
    pedal, bend = clip.iter("Points")
    assert pedal.find("Target").attrib == {
        "expression": "channelController",
        "channel": "0",
        "controller": "64",
    }
    assert [(each.get("time"), each.get("value")) for each in pedal.iter("RealPoint")] == [
        ("0", "1"),
        ("1", "0"),
    ]
    assert bend.find("Target").get("expression") == "pitchBend"


def test_drums_are_on_their_channel_and_names_without_what_xml_has_no_way_to_write():
    drums = Clip((Note(36, 100, 0, 120),), 1920, 480, name="Kit\x00\x1b[31m <&>", is_drum=True)
    project = project_of(Song((drums,), TimeMap(480)))
    assert project.find("Structure/Track").get("name") == "Kit[31m <&>"
    assert next(project.iter("Note")).get("channel") == "9"


def test_the_same_song_gives_the_same_bytes():
    song = read_midi(DEMO)
    assert song_to_dawproject(song, "demo") == song_to_dawproject(song, "demo")


def test_another_suffix_is_refused():
    with pytest.raises(ProjectError, match=r"song\.als must end in \.dawproject, \.rpp, \.rtracktemplate"):
        project_bytes(read_midi(DEMO), Path("song.als"))
