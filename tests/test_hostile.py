"""Small files that would need much memory or time are rejected or read cheaply."""

import struct
import time
from contextlib import suppress

import pytest

from benchmarks import hostile_inputs as hostile
from musegen_daw.audio.file import read_mono
from musegen_daw.cli.drum_request import DrumOptions, drum_task
from musegen_daw.cli.main import main
from musegen_daw.clips.document import MidiSource
from musegen_daw.clips.generating import check_can_generate
from musegen_daw.clips.opening import open_clip
from musegen_daw.drums.request import DrumRequest, DrumSettings, check
from musegen_daw.errors import AudioError, MidiFileError, ProjectError
from musegen_daw.jam.settings import JamSettings
from musegen_daw.midi import smf
from musegen_daw.midi.file import song_from_bytes
from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.drum_maps import parse_drum_map
from musegen_daw.music.parts import MAX_BARS, MAX_LOOP_BARS, clip_bars
from musegen_daw.music.time import TimeMap, TimeSignature
from musegen_daw.playback.rendering import render_source
from musegen_daw.playback.synth.soundfont import open_soundfont
from musegen_daw.playback.synth.synth import MAX_CLIPS, check_renderable
from musegen_daw.vocoder.mel import MelConfig
from musegen_daw.vocoder.mel_file import load_mel
from training.common.config import load_config


@pytest.mark.parametrize(
    "signatures",
    [
        (),
        (TimeSignature(0, 1, 256),),
        (TimeSignature(7, 3, 4), TimeSignature(7, 7, 8), TimeSignature(2_000, 1, 256)),
    ],
)
def test_bar_count_matches_bars(signatures):
    time_map = TimeMap(480, (), signatures)
    for end_ticks in (0, 1, 7, 8, 1_999, 2_000, 2_001, 5_000):
        assert time_map.bar_count(end_ticks) == len(time_map.bars(end_ticks))


def test_a_stray_note_adds_no_bars():
    song = song_from_bytes(hostile.stray_note(), "stray.mid")
    assert len(clip_bars(song.time_map, song.clips)) == 1


def test_millions_of_bars_are_rejected():
    with pytest.raises(MidiFileError, match=r"^tiny\.mid has more than 50,000 bars\.$"):
        song_from_bytes(hostile.tiny_bars(), "tiny.mid")


@pytest.mark.parametrize("data", [hostile.late_note(), hostile.held_note()], ids=["late", "held"])
def test_drums_are_not_written_for_hours_of_bars(data):
    song = song_from_bytes(data, "long.mid")
    options = DrumOptions(DrumSettings(seed=1))
    with pytest.raises(MidiFileError, match=rf"^long\.mid fills 12,498 bars; .* at most {MAX_BARS:,}"):
        drum_task(song, "long.mid", options, lambda said: None)


@pytest.mark.parametrize("data", [hostile.late_note(), hostile.held_note()], ids=["late", "held"])
def test_the_window_writes_no_drums_for_hours_of_bars(data):
    document = open_clip([MidiSource("long.mid", data)], 1, DrumSettings(seed=1))
    with pytest.raises(
        ProjectError, match=rf"^long fills 12,498 bars; .* at most {MAX_BARS:,}, so cut it\.$"
    ):
        check_can_generate(document)


def test_a_request_of_too_many_bars_is_rejected():
    bars = TimeMap(480).bars((MAX_BARS + 1) * 1_920)
    check(DrumRequest((), bars[:MAX_BARS], 480))
    with pytest.raises(ValueError, match=f"drums are written for at most {MAX_BARS:,}"):
        check(DrumRequest((), bars, 480))


def test_a_loop_of_too_many_bars_is_rejected(capsys):
    with pytest.raises(ValueError, match=f"a loop has 1 to {MAX_LOOP_BARS} bars"):
        JamSettings(loop_bars=MAX_LOOP_BARS + 1)
    assert main(["jam", "--mode", "loop", "--bars", str(MAX_LOOP_BARS + 1)]) == 2
    assert f"within 1..{MAX_LOOP_BARS}" in capsys.readouterr().err


def test_a_stray_note_is_not_rendered():
    source = render_source("stray", song_from_bytes(hostile.stray_note(), "s.mid").clips, TimeMap(480), 8_000)
    assert 1 < len(source.audio) / 8_000 < 12


@pytest.mark.parametrize(
    "again", [b"\x00\x07\x41", b"\x00\xb0\x07\x41"], ids=["running status", "with status"]
)
def test_a_flood_of_events_is_rejected(again, monkeypatch):
    monkeypatch.setattr("musegen_daw.midi.smf.track_events.MAX_EVENTS", 1_000)
    few = hostile.flood(b"\x00\xb0\x07\x40", again, size=900 * len(again))
    assert len(song_from_bytes(few, "few.mid").clips) == 1
    many = hostile.flood(b"\x00\xb0\x07\x40", again, size=1_100 * len(again))
    with pytest.raises(ValueError, match="has more than .* events"):
        smf.parse(many)


def test_events_are_counted_over_all_tracks(monkeypatch):
    monkeypatch.setattr("musegen_daw.midi.smf.track_events.MAX_EVENTS", 100)
    smf.parse(hostile.many_tracks(50, 0))
    with pytest.raises(ValueError, match="has more than .* events"):
        smf.parse(hostile.many_tracks(51, 0))


def test_a_flood_of_meters_is_rejected():
    data = hostile.flood(b"", b"\x01\xff\x58\x04\x01\x02\x18\x08", size=8 * 100_010)
    with pytest.raises(MidiFileError, match="more than 100,000 tempi"):
        song_from_bytes(data, "meters.mid")


def test_more_tracks_than_the_format_counts_are_not_written():
    with pytest.raises(ValueError, match="cannot hold 65,536 tracks"):
        smf.build([smf.Track((), 0)] * 65_536, 480)


def test_more_clips_than_memory_holds_are_not_rendered():
    clip = Clip((Note(60, 90, 0, 480),), 480, 480)
    check_renderable(Song((clip,) * MAX_CLIPS, TimeMap(480)), 44_100)
    with pytest.raises(AudioError, match=r"has 513 clips; at most 512"):
        check_renderable(Song((clip,) * (MAX_CLIPS + 1), TimeMap(480)), 44_100)


@pytest.mark.parametrize("keys", [(0, 127), (9, 1)], ids=["zones", "empty zones"])
def test_a_soundfont_of_millions_of_zones_is_rejected(tmp_path, keys):
    path = tmp_path / "zones.sf2"
    path.write_bytes(hostile.soundfont(1, 20, 30))
    assert sum(map(len, open_soundfont(path).presets.values())) == 600
    path.write_bytes(hostile.soundfont(1, 2_000, 2_000, keys=keys))
    with pytest.raises(AudioError, match=r"zones\.sf2 is damaged \(more than [\d,]+ zones\)"):
        open_soundfont(path)


def test_a_soundfont_with_dangling_references_is_rejected(tmp_path):
    path = tmp_path / "odd.sf2"
    sound = hostile.soundfont(1, 1, 1)
    path.write_bytes(sound.replace(b"shdr", b"shdx"))
    with pytest.raises(AudioError, match=r"odd\.sf2 is damaged \(the chunk 'shdr' is missing\)"):
        open_soundfont(path)
    path.write_bytes(sound.replace(struct.pack("<HH", 53, 0), struct.pack("<HH", 53, 9)))
    with pytest.raises(AudioError, match=r"\(sample 9 does not exist; there are 2\)"):
        open_soundfont(path)
    path.write_bytes(sound.replace(struct.pack("<HH", 41, 0), struct.pack("<HH", 41, 9)))
    with pytest.raises(AudioError, match=r"\(instrument 9 does not exist; there are 1\)"):
        open_soundfont(path)


def test_a_global_soundfont_zone_is_limited(tmp_path):
    path = tmp_path / "global.sf2"
    path.write_bytes(hostile.soundfont(1, 1, 3, shared=30_000))
    began_seconds = time.process_time()
    assert sum(map(len, open_soundfont(path).presets.values())) == 3
    assert time.process_time() - began_seconds < 2


@pytest.mark.parametrize(
    "text",
    [
        "a" + ".a" * 250_000 + " = 1\n",
        "a" + ".a" * 20_000 + " = 1\n",
        "[a" + ".'a'" * 9 + "]\n",
        "a = " + "[" * 60_000,
    ],
    ids=["too long", "dotted", "a dotted table", "nested"],
)
def test_deeply_nested_toml_is_rejected(tmp_path, text):
    with pytest.raises(ValueError, match="longer than|dots|nests"):
        parse_drum_map(text)
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match="cannot be read"):
        load_config(MelConfig, path)


def test_a_wav_is_read_to_its_end_whatever_its_header_claims(tmp_path):
    path = tmp_path / "claims.wav"
    path.write_bytes(hostile.wav(2**30, bytes(2_000)))
    assert sum(map(len, read_mono(path, 44_100))) == 1_000


def test_a_wav_of_empty_chunks_is_rejected(tmp_path):
    path = tmp_path / "chunks.wav"
    path.write_bytes(hostile.wav(0, bytes(64), before=b"junk\0\0\0\0" * 10_001))
    with pytest.raises(AudioError, match="more than 10,000 chunks"):
        read_mono(path, 44_100)


def test_any_damaged_mel_header_raises_audio_error(tmp_path):
    path = tmp_path / "mutant.npy"
    refused = 0
    odd = [hostile.npy(f"({bands}, {'9' * 80})") for bands in (0, 96)]
    for data in [*hostile.mutants(400, 1), *odd]:
        path.write_bytes(data)
        with suppress(AudioError):
            load_mel(path, MelConfig(), lambda said: None)
            continue
        refused += 1
    assert len(odd) < refused < 400
