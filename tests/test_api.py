"""The functions that scripts call do what the command line does."""

import logging
import subprocess
import sys

import mido
import pytest
import soundfile

import musegen_daw
from musegen_daw import resource_paths
from musegen_daw.cli.main import main
from musegen_daw.errors import MusegenError

CLIP = resource_paths.clips_dir() / "funk-bass.mid"


def test_generate_writes_what_the_command_line_writes(tmp_path):
    takes = musegen_daw.generate(CLIP, tmp_path / "ours.mid", seed=3, variations=2, style="funk")
    assert main(["generate", str(CLIP), "-o", str(tmp_path / "theirs.mid"), "--seed", "3", "--variations", "2",
                 "--style", "funk"]) == 0  # fmt: skip
    assert len(takes) == 2
    for number in (1, 2):
        ours, theirs = (tmp_path / f"{name}-{number}.mid" for name in ("ours", "theirs"))
        assert ours.read_bytes() == theirs.read_bytes()


def test_only_the_drums_can_be_written(tmp_path):
    musegen_daw.generate(CLIP, tmp_path / "drums.mid", seed=1, only_drums=True)
    notes = [each for each in mido.MidiFile(tmp_path / "drums.mid") if each.type == "note_on"]
    assert {each.channel for each in notes} == {9}


def test_bounce_and_vocode_write_what_the_command_line_writes(tmp_path):
    report = musegen_daw.bounce(CLIP, tmp_path / "ours.wav", seed=3)
    assert main(["bounce", str(CLIP), "-o", str(tmp_path / "theirs.wav"), "--seed", "3"]) == 0
    assert (tmp_path / "ours.wav").read_bytes() == (tmp_path / "theirs.wav").read_bytes()
    assert report.seconds == pytest.approx(soundfile.info(tmp_path / "ours.wav").duration)

    musegen_daw.vocode(tmp_path / "ours.wav", tmp_path / "slow.wav", stretch=1.5)
    assert (
        main(["vocode", str(tmp_path / "ours.wav"), "-o", str(tmp_path / "slower.wav"), "--stretch", "1.5"])
        == 0
    )
    assert (tmp_path / "slow.wav").read_bytes() == (tmp_path / "slower.wav").read_bytes()
    assert soundfile.info(tmp_path / "slow.wav").channels == 2
    assert musegen_daw.vocode(tmp_path / "ours.wav", tmp_path / "mono.wav", mono=True).channels == 1
    assert soundfile.info(tmp_path / "mono.wav").channels == 1


def test_what_is_wrong_is_raised_and_what_is_worth_knowing_is_logged(tmp_path, caplog):
    with pytest.raises(MusegenError, match=r"nothing\.mid"):
        musegen_daw.generate(tmp_path / "nothing.mid", tmp_path / "drums.mid")
    with pytest.raises(TypeError, match="loudness"):
        musegen_daw.generate(CLIP, tmp_path / "drums.mid", loudness=1)
    file = mido.MidiFile(CLIP)
    file.tracks.append(mido.MidiTrack([mido.Message("program_change", program=73), mido.Message("note_on", note=60),
                                       mido.Message("note_off", note=60, time=96)]))  # fmt: skip
    file.tracks = [file.tracks[0], file.tracks[-1]] if len(file.tracks) > 2 else file.tracks[-1:]
    file.save(tmp_path / "flute.mid")
    with caplog.at_level(logging.WARNING, "musegen_daw"):
        musegen_daw.generate(tmp_path / "flute.mid", tmp_path / "drums.mid", seed=1)
    assert "no piano, guitar or bass" in caplog.text


def test_a_note_far_behind_the_music_is_left_out_of_a_bounce_and_said(tmp_path, caplog):
    file = mido.MidiFile(resource_paths.clips_dir().parent / "grooves" / "rock.mid")
    file.tracks[-1][-1:-1] = [mido.Message("note_on", channel=9, note=36, time=file.ticks_per_beat * 4 * 200),
                              mido.Message("note_off", channel=9, note=36, time=10)]  # fmt: skip
    file.save(tmp_path / "stray.mid")
    with caplog.at_level(logging.WARNING, "musegen_daw"):
        report = musegen_daw.bounce(tmp_path / "stray.mid", tmp_path / "stray.wav")
    assert report.seconds < 60
    assert "left out" in caplog.text


def test_the_package_is_imported_without_what_they_need():
    code = "import sys, musegen_daw; print(*sorted(set(sys.modules) & {'numpy', 'onnxruntime', 'musegen_daw.api'}))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == ""
