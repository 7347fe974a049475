"""Files as they come, on the command line: what is drums, what is kept, what is said."""

import json

from musegen_daw.midi import smf
from musegen_daw.midi.file import read_midi
from tests.cli.doubles import one_sentence
from tests.midi_bytes import END, meta, midi_bytes, notes

BAR = notes(60, 62, 64, 65) * 5  # 20 steps of 96 ticks: a bar of 4/4
KEYS = meta(3, b"Keys") + b"\x00\xc0\x00" + BAR * 3 + END
KIT = meta(3, b"TR-808") + b"\x00\xb9\x07\x46\x00\xb9\x0a\x50\x00\xc9\x19" + notes(36, 42, channel=9) + END
LOOP = meta(3, b"Loop") + notes(36, 42, 38, 42, channel=4) + END


def written(run, tmp_path, data, *options):
    (tmp_path / "in.mid").write_bytes(data)
    code, out, err = run("generate", tmp_path / "in.mid", "-o", tmp_path / "out.mid", *options)
    assert code == 0, err
    return smf.parse((tmp_path / "out.mid").read_bytes()).tracks, read_midi(tmp_path / "out.mid"), out, err


def test_kept_drums_keep_their_kit_their_controllers_and_their_name(run, tmp_path):
    tracks, song, _, _ = written(run, tmp_path, midi_bytes(KEYS, KIT), "--keep-drums")
    assert tracks[0].chunk == KEYS
    (drums,) = song.drums
    assert (drums.name, drums.program) == ("TR-808", 25)
    assert {(message.number, message.value) for message in drums.messages} == {(7, 70), (10, 80)}
    assert [(note.pitch, note.start_ticks) for note in drums.notes] == [
        (36, 0),
        (42, 96),
        (36, 1920),
        (36, 3840),
    ]
    assert drums.length_ticks == 3 * 1920


def test_kept_drums_alone(run, tmp_path):
    _, song, _, _ = written(run, tmp_path, midi_bytes(KEYS, KIT), "--keep-drums", "--only-drums")
    assert [(clip.name, clip.program, len(clip.notes)) for clip in song.clips] == [("TR-808", 25, 4)]


def test_a_track_that_is_said_to_be_drums_is_not_followed_and_replaced_or_kept(run, tmp_path, drummer):
    data = midi_bytes(KEYS, LOOP)
    _, song, out, _ = written(run, tmp_path, data, "--drum-track", "loop", "--json")
    assert [clip.name for clip in song.clips] == ["Keys", "Drums"]
    assert [part.name for part in drummer.requests[0].parts] == ["Keys"]
    assert [(part["name"], part["channel"], part["followed"]) for part in json.loads(out)["parts"]] == [
        ("Keys", 1, True)
    ]
    tracks, _, _, _ = written(run, tmp_path, data, "--drum-track", "2", "--keep-drums")
    assert tracks[0].chunk == KEYS
    assert {event[2] for event in tracks[1].events if event[1] == 0x94} == {36, 38, 42}
    code, _, err = run("generate", tmp_path / "in.mid", "-o", tmp_path / "x.mid", "--drum-track", "flute")
    assert code == 1
    assert "there is no track 'flute'" in one_sentence(err)


def test_drums_end_at_the_bar_line_and_so_does_a_file_of_drums_alone(run, tmp_path):
    later = meta(0x51, b"\x07\xa1\x20") + meta(0x51, b"\x08\0\0", delta=b"\xff\x00") + END
    tracks, _, _, _ = written(run, tmp_path, midi_bytes(later, KEYS))
    assert [track.end_ticks for track in tracks] == [16256, 5760, 5760]
    tracks, song, _, _ = written(run, tmp_path, midi_bytes(later, KEYS), "--only-drums")
    assert [track.end_ticks for track in tracks] == [5760, 5760]
    assert len(song.time_map.tempos) == 1


def test_what_was_repaired_and_guessed_is_said_once_each(run, tmp_path):
    guessed = meta(3, b"Drums") + notes(36, 42, 38, 42) + END
    _, song, _, err = written(run, tmp_path, midi_bytes(KEYS, guessed, track_count=1))
    notes_said = err.splitlines()
    assert len(notes_said) == 2
    assert notes_said[0].startswith("Note: ")
    assert "in.mid was repaired: its header counts 1 tracks and 2 tracks are there." in notes_said[0]
    assert "'Drums' on channel 1 is taken as drums, by name and pitches." in notes_said[1]
    assert [clip.name for clip in song.clips] == ["Keys", "Drums"]
    assert {note.pitch for note in song.drums[0].notes} == {36, 37}


def test_tracks_of_a_type_0_file_are_told_apart(run, tmp_path):
    track = (
        meta(3, b"My song")
        + b"\x00\xc1\x21\x00\xc2\x19"
        + notes(60)
        + notes(40, channel=1)
        + notes(50, channel=2)
    )
    (tmp_path / "in.mid").write_bytes(midi_bytes(track + END, file_type=0))
    code, _, err = run("generate", tmp_path / "in.mid", "-o", tmp_path / "out.mid", "--track", "flute")
    assert code == 1
    assert (
        "1 'My song' (channel 1, Acoustic Grand Piano), 2 'My song' (channel 2, Fingered Bass), "
        "3 'My song' (channel 3, Steel Guitar)"
    ) in one_sentence(err)
