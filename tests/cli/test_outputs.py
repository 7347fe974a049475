"""Where a command writes to: the standard output, a pipe, a link, a long name; and which files every way in takes."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from musegen_daw.cli.main import main
from musegen_daw.midi.file import read_midi, song_from_bytes, song_to_bytes, write_midi
from musegen_daw.music.clip import Song
from musegen_daw.suffixes import AUDIO_SUFFIXES, MEL_SUFFIX, MIDI_SUFFIXES
from tests.cli.doubles import TIME_MAP, kit, one_sentence, part
from tests.ogg_flac import wrapped


@pytest.fixture
def run_bytes(drummer, capfdbinary):
    """Runs a command; its exit code, the bytes on its standard output, and what it said on the other."""

    def run_command(*args):
        code = main([str(arg) for arg in args], open_generator=drummer.open)
        captured = capfdbinary.readouterr()
        return code, captured.out, captured.err.decode()

    return run_command


@pytest.fixture
def song(tmp_path):
    path = tmp_path / "song.mid"
    write_midi(Song((part(bars=1), kit(0, 960)), TIME_MAP), path)
    return path


def test_generate_writes_a_midi_file_to_the_standard_output(run_bytes, clip, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run_bytes("generate", clip, "-o", "file.mid", "--seed", 3)[0] == 0
    code, out, err = run_bytes("generate", clip, "-o", "-", "--seed", 3, "--json")
    assert code == 0
    assert out == (tmp_path / "file.mid").read_bytes()
    assert json.loads(err)["output"] == "-"
    assert {path.name for path in tmp_path.iterdir()} == {"clip.mid", "file.mid"}


def test_a_wav_goes_to_the_standard_output(run_bytes, song, tiny_vocoder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in (
        ("bounce", song),
        ("bounce", song, "--vocode", "--vocoder", tiny_vocoder),
        ("vocode", song, "--model", tiny_vocoder),
    ):
        assert run_bytes(*words, "-o", "file.wav")[0] == 0
        code, out, err = run_bytes(*words, "-o", "-")
        assert code == 0
        assert out == (tmp_path / "file.wav").read_bytes()
        assert err.startswith("-: ")
        assert {path.name for path in tmp_path.iterdir()} == {"song.mid", "file.wav"}


def test_a_file_named_like_the_standard_output_is_a_file(run_bytes, clip, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-").mkdir()
    code, out, _ = run_bytes("generate", clip, "-o", "./-")
    assert (code, (tmp_path / "-" / "clip-drums.mid").is_file()) == (0, True)
    assert b"MThd" not in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("generate", "clip.mid", "clip.mid"), "Only one clip"),
        (("generate", "clip.mid", "--variations", 2), "Only one clip"),
    ],
)
def test_what_does_not_go_to_the_standard_output_is_one_sentence(
    run, clip, tmp_path, monkeypatch, words, said
):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*words, "-o", "-")
    assert (code, out) == (1, "")
    assert said in one_sentence(err)
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mid"]


@pytest.mark.parametrize("command", ["generate", "bounce", "vocode"])
def test_a_terminal_is_not_filled_with_a_file(run, clip, tmp_path, monkeypatch, command, drummer):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    code, out, err = run(command, clip, "-o", "-")
    assert (code, out) == (1, "")
    assert "this terminal" in one_sentence(err)


@pytest.mark.parametrize(
    ("place", "said"), [("/dev/full", "no space left on device"), ("closed", "broken pipe")]
)
def test_a_standard_output_that_takes_nothing_is_one_sentence(clip, tmp_path, place, said):
    """As from a shell: what Python still has to write at the end must not fail once more."""
    if place == "closed":
        reader, writer = os.pipe()
        os.close(reader)
    else:
        writer = os.open(place, os.O_WRONLY)
    script = (
        "from musegen_daw.cli.main import main; from tests.cli.doubles import Drummer; import sys; "
        "sys.exit(main(sys.argv[1:], open_generator=Drummer().open))"
    )
    command = [sys.executable, "-c", script, "generate", str(clip), "-o", "-"]
    said_by = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert said_by.returncode == 1
    assert one_sentence(said_by.stderr) == f"Error: Cannot write to the standard output: {said}.\n"


def test_names_as_long_as_they_can_be(run, clip, tmp_path):
    longest = tmp_path / f"{'x' * 251}.mid"
    assert run("generate", clip, "-o", longest)[0] == 0
    (tmp_path / "out").mkdir()
    assert run("generate", longest, "-o", tmp_path / "out", "--variations", 12)[0] == 0
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert len(names) == 12
    assert max(len(name) for name in names) == 255
    for path in (tmp_path / "out").iterdir():
        assert read_midi(path).drums


def test_long_names_of_audio(run, song, tiny_vocoder, tmp_path):
    for number, words in enumerate((("bounce",), ("bounce", "--vocode", "--vocoder", tiny_vocoder))):
        longest = tmp_path / f"{'x' * 250}{number}.wav"
        assert run(words[0], song, *words[1:], "-o", longest)[0] == 0
        assert soundfile.info(longest).frames > 0
    code, _, err = run("bounce", song, "-o", tmp_path / f"{'x' * 252}.wav")
    assert code == 1
    assert "file name too long" in one_sentence(err)
    assert len([*tmp_path.iterdir()]) == 3


@pytest.mark.parametrize("command", ["generate", "bounce"])
def test_a_link_is_written_through_and_a_mode_kept(run, song, tmp_path, command):
    suffix = ".mid" if command == "generate" else ".wav"
    target, link = tmp_path / f"target{suffix}", tmp_path / f"link{suffix}"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link.symlink_to(target.name)
    assert run(command, song, "-o", link)[0] == 0
    assert link.is_symlink()
    assert target.stat().st_mode & 0o777 == 0o640
    assert target.read_bytes()[:4] in (b"MThd", b"RIFF")


def test_the_sample_rate_is_that_of_the_wav_with_and_without_the_vocoder(
    run, song, tiny_vocoder, tmp_path, capsys
):
    found = {}
    for name, words in {"plain": (), "vocoded": ("--vocode", "--vocoder", tiny_vocoder)}.items():
        for rate in (None, 8_000, 32_000, 96_000):
            wav = tmp_path / f"{name}-{rate}.wav"
            asked = () if rate is None else ("--sample-rate", rate)
            assert run("bounce", song, "-o", wav, *words, *asked)[0] == 0
            info = soundfile.info(wav)
            found[name, rate] = info.frames / info.samplerate
            assert info.samplerate == rate or (
                rate is None and info.samplerate == (44_100 if not words else 12_000)
            )
    for name in ("plain", "vocoded"):
        seconds = [found[name, rate] for rate in (None, 8_000, 32_000, 96_000)]
        # What is rendered ends with a block of samples, which lasts longer at a lower rate.
        assert max(seconds) - min(seconds) < (0.1 if name == "plain" else 0.002)
    assert run("bounce", song, "-o", tmp_path / "x.wav", "--sample-rate", 192_000)[0] == 2
    assert "8000 to 96000" in " ".join(run("bounce", "--help")[1].split())


def test_the_sample_rate_does_not_change_what_is_heard(run, song, tiny_vocoder, tmp_path):
    peaks = []
    for rate in (12_000, 48_000):
        wav = tmp_path / f"{rate}.wav"
        words = ("--vocode", "--vocoder", tiny_vocoder, "--sample-rate", rate)
        assert run("bounce", song, "-o", wav, *words)[0] == 0
        audio = soundfile.read(wav)[0][:, 0]
        spectrum = np.abs(np.fft.rfft(audio))[1:]
        peaks.append((np.argmax(spectrum) + 1) * rate / len(audio))
    assert peaks[0] == pytest.approx(peaks[1], rel=0.01)


@pytest.mark.parametrize("suffix", [*MIDI_SUFFIXES, *(suffix.upper() for suffix in MIDI_SUFFIXES)])
def test_every_midi_suffix_is_read_by_every_command(run, song, tiny_vocoder, tmp_path, suffix):
    data = song.read_bytes()
    if suffix.lower() == ".rmi":
        body = b"RMIDdata" + len(data).to_bytes(4, "little") + data
        data = b"RIFF" + len(body).to_bytes(4, "little") + body
    named = tmp_path / f"named{suffix}"
    named.write_bytes(data)
    assert run("generate", named, "-o", tmp_path / "o.mid")[0] == 0
    assert run("bounce", named, "-o", tmp_path / "o.wav")[0] == 0
    assert run("vocode", named, "-o", tmp_path / "v.wav", "--model", tiny_vocoder)[0] == 0


FORMATS = {".aif": "AIFF", ".aifc": "AIFF", ".snd": "AU", ".oga": "OGG", ".opus": "OGG"}


@pytest.mark.parametrize("suffix", AUDIO_SUFFIXES)
def test_every_audio_suffix_is_read(run, tiny_vocoder, tmp_path, suffix):
    named = tmp_path / f"named{suffix}"
    form = FORMATS.get(suffix, suffix[1:].upper())
    subtype = "OPUS" if suffix == ".opus" else None
    rate = 48_000 if suffix == ".opus" else 44_100
    sound = 0.3 * np.sin(np.arange(rate) * 0.07)
    soundfile.write(named, sound, rate, format=form, subtype=subtype)
    assert run("vocode", named, "-o", tmp_path / "v.wav", "--model", tiny_vocoder)[0] == 0
    assert soundfile.info(tmp_path / "v.wav").duration == pytest.approx(1, abs=0.1)


def test_flac_in_ogg_is_vocoded(run, tiny_vocoder, tmp_path):
    held = io.BytesIO()
    soundfile.write(held, 0.3 * np.sin(np.arange(44_100) * 0.07), 44_100, format="FLAC")
    (tmp_path / "a.oga").write_bytes(wrapped(held.getvalue()))
    assert run("vocode", tmp_path / "a.oga", "-o", tmp_path / "v.wav", "--model", tiny_vocoder)[0] == 0


def test_the_window_takes_and_offers_the_same_files():
    from musegen_daw.ui.clips.files import OPENED_SUFFIXES
    from musegen_daw.ui.vocoder.dialogs import SUFFIXES

    assert OPENED_SUFFIXES[:-1] == MIDI_SUFFIXES
    assert (*AUDIO_SUFFIXES, MEL_SUFFIX) == SUFFIXES


def test_what_goes_to_the_standard_output_is_read_back(run_bytes, clip):
    _, out, _ = run_bytes("generate", clip, "-o", "-", "--only-drums")
    assert [each.is_drum for each in song_from_bytes(out, "-").clips] == [True]
    assert song_to_bytes(song_from_bytes(out, "-"))[:4] == b"MThd"
