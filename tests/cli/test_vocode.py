"""`musegen-daw vocode` and `bounce --vocode` as a person uses them."""

import json

import librosa
import numpy as np
import pytest
import soundfile
import soxr

from musegen_daw import resource_paths as resources
from musegen_daw.cli import terminal
from musegen_daw.cli.main import main
from musegen_daw.midi.file import write_midi
from musegen_daw.music.clip import Song
from musegen_daw.vocoder.mel import MelConfig, log_mel
from musegen_daw.vocoder.vocoder import Vocoder
from tests.cli.doubles import TIME_MAP, kit, one_sentence, part
from tests.vocoder.sounds import balance_db, correlation, levels_db, noise, plucks
from tests.vocoder.tiny_vocoder import write_tiny_vocoder

CONFIG = MelConfig()
SECONDS = 1.2


def sine(rate_hz, channels=1, hz=500, seconds=SECONDS):
    mono = 0.3 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz)
    return np.stack([mono] * channels, axis=1) if channels > 1 else mono


@pytest.fixture
def source(tmp_path):
    """Files of every kind that `vocode` takes, made when they are asked for."""

    def make(name):
        path = tmp_path / name
        if path.suffix == ".npy":
            np.save(path, log_mel(sine(12_000, seconds=3).astype(np.float32), CONFIG)[:, :100])
        elif path.suffix == ".mid":
            write_midi(Song((part(bars=1), kit(0, 960)), TIME_MAP), path)
        else:
            stereo = name.startswith("stereo")
            soundfile.write(path, sine(48_000, 2) if stereo else sine(44_100), 48_000 if stereo else 44_100)
        return path

    return make


def peak_hz(path):
    audio, rate_hz = soundfile.read(path)
    audio = audio if audio.ndim == 1 else audio.mean(axis=1)
    return float(np.argmax(np.abs(np.fft.rfft(audio * np.hanning(len(audio)))))) * rate_hz / len(audio)


def test_the_model_decodes_the_mel_of_the_audio(run, source, tiny_vocoder, tmp_path):
    args = ("--model", tiny_vocoder, "--mono")
    code, out, err = run("vocode", source("stereo.wav"), "-o", tmp_path / "o.wav", *args)
    assert (code, err) == (0, "")
    assert out.startswith(f"{tmp_path / 'o.wav'}: 1.2 s, mono at 12000 Hz, peak ")
    audio, rate_hz = soundfile.read(tmp_path / "o.wav")
    assert (rate_hz, len(audio)) == (12_000, 14_400)
    resampled = soxr.resample(
        soundfile.read(source("stereo.wav"), dtype="float32")[0].mean(axis=1), 48_000, 12_000
    )
    expected = Vocoder.open(tiny_vocoder).vocode(log_mel(resampled, CONFIG))[:14_400]
    assert np.max(np.abs(audio - expected)) < 1e-5


@pytest.mark.parametrize("name", ["stereo.wav", "mono.mp3", "mono.flac", "mono.ogg", "mel.npy", "song.mid"])
@pytest.mark.parametrize("method", ["gan", "griffin-lim"])
def test_every_kind_of_input_gives_audio(run, source, tiny_vocoder, tmp_path, drummer, name, method):
    args = ("--method", method, "--model", tiny_vocoder, "--json")
    if method == "griffin-lim":
        args = (*args, "--iterations", 2, "--seed", 1)
    code, out, err = run("vocode", source(name), "-o", tmp_path / "o.wav", *args)
    assert code == 0
    facts = json.loads(out)
    assert facts["decoder"] == ("tiny" if method == "gan" else "griffin-lim-2-pinv")
    audio, rate_hz = soundfile.read(tmp_path / "o.wav")
    assert rate_hz == facts["sample_rate_hz"] == 12_000
    assert len(audio) / rate_hz == pytest.approx(facts["seconds"], abs=1e-3)
    # 100 frames of 256 samples; a bar at 150 BPM and the ringing of its last notes.
    lasting = {"mel.npy": (2.13, 2.14), "song.mid": (1.6, 10)}.get(name, (SECONDS - 0.01, SECONDS + 0.01))
    assert lasting[0] <= len(audio) / rate_hz <= lasting[1]
    assert np.std(audio) > 1e-3
    assert ("was read as the natural logarithm of power" in err) == (name == "mel.npy")
    assert {path.name for path in tmp_path.iterdir()} == {name, "o.wav"}
    assert drummer.opened == []
    if method == "griffin-lim" and name != "song.mid":
        assert abs(peak_hz(tmp_path / "o.wav") - 500) < 25


def test_griffin_lim_needs_no_model_and_repeats_itself(run, source, tmp_path):
    for name in ("a.wav", "b.wav"):
        args = ("--method", "griffin-lim", "--iterations", 2, "--inversion", "nnls", "--seed", 4)
        assert run("vocode", source("mel.npy"), "-o", tmp_path / name, *args)[0] == 0
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


def test_stretch_and_pitch_are_heard_and_lengths_are_exact(run, source, tmp_path):
    args = ("--method", "griffin-lim", "--iterations", 8, "--stretch", 1.37, "--pitch", 12, "--seed", 0)
    assert run("vocode", source("mono.wav"), "-o", tmp_path / "o.wav", *args)[0] == 0
    assert soundfile.info(tmp_path / "o.wav").frames == round(1.37 * SECONDS * 12_000)
    assert abs(peak_hz(tmp_path / "o.wav") - 1_000) < 40


def test_the_saved_mel_is_what_was_vocoded(run, source, tiny_vocoder, tmp_path):
    saved = tmp_path / "m.npy"
    args = ("--model", tiny_vocoder, "--stretch", 2, "--save-mel", saved, "--json")
    code, out, _ = run("vocode", source("mono.wav"), "-o", tmp_path / "o.wav", *args)
    assert code == 0
    assert json.loads(out)["saved_mel"] == str(saved)
    mel = np.load(saved, allow_pickle=False)
    assert (mel.dtype, mel.shape) == (np.float32, (96, 2 * CONFIG.frames(14_400)))
    assert run("vocode", saved, "-o", tmp_path / "again.wav", "--model", tiny_vocoder)[0] == 0
    first, again = soundfile.read(tmp_path / "o.wav")[0], soundfile.read(tmp_path / "again.wav")[0]
    assert np.array_equal(first, again[: len(first)])


def test_a_named_scale_is_used(run, source, tiny_vocoder, tmp_path):
    path = source("mel.npy")
    np.save(tmp_path / "power.npy", np.exp(np.load(path)))
    for name, scale in ((path, "log"), (tmp_path / "power.npy", "power")):
        args = ("-o", tmp_path / f"{scale}.wav", "--model", tiny_vocoder, "--mel-scale", scale)
        assert run("vocode", name, *args)[0] == 0
    log, power = (soundfile.read(tmp_path / f"{scale}.wav")[0] for scale in ("log", "power"))
    assert np.allclose(log, power, atol=1e-5)


def test_a_mel_of_another_tool_is_read_as_such_and_goes_to_the_model_that_has_its_band(run, tmp_path):
    path = tmp_path / "other.npy"
    values = np.full((80, 40), np.log(1e-5), np.float32)
    values[20] = np.linspace(-1, -3, 40)
    np.save(path, values)
    code, _, err = run("vocode", path, "-o", tmp_path / "o.wav")
    assert code == 1
    assert "name that with --mel-scale: hifi-gan," in one_sentence(err)
    code, out, err = run("vocode", path, "-o", tmp_path / "o.wav", "--mel-scale", "hifi-gan")
    assert code == 0
    assert "is a mel of hifi-gan, up to 8 kHz, so it is resynthesised with vocoder-44k" in err
    assert "was read as the mel of hifi-gan, silent above its 8 kHz." in err
    assert "mono at 44100 Hz" in out
    edges_hz = librosa.mel_frequencies(82, fmin=0, fmax=8000)
    assert edges_hz[20] < peak_hz(tmp_path / "o.wav") < edges_hz[22]
    code, out, _ = run("vocode", path, "-o", tmp_path / "o.wav", "--mel-scale", "parallel-wavegan")
    assert code == 0
    assert "mono at 44100 Hz" in out
    assert "ln-magnitude" in run("--list-mel-scales")[1]


def test_a_mid_without_drums_gets_them_as_a_bounce_does(run, clip, tiny_vocoder, tmp_path, drummer):
    args = ("--model", tiny_vocoder, "--seed", 6, "--json")
    code, out, _ = run("vocode", clip, "-o", tmp_path / "o.wav", *args)
    assert code == 0
    assert json.loads(out)["seed"] == 6
    assert len(drummer.requests) == 1
    assert drummer.requests[0].seed == 6


def test_bounce_sends_the_mix_through_the_vocoder(run, source, tiny_vocoder, tmp_path):
    mid = source("song.mid")
    assert run("bounce", mid, "-o", tmp_path / "dry.wav")[0] == 0
    code, out, _ = run(
        "bounce", mid, "-o", tmp_path / "wet.wav", "--vocode", "--vocoder", tiny_vocoder, "--json"
    )
    assert code == 0
    facts = json.loads(out)
    assert (facts["decoder"], facts["sample_rate_hz"]) == ("tiny", 12_000)
    assert run("vocode", tmp_path / "dry.wav", "-o", tmp_path / "same.wav", "--model", tiny_vocoder)[0] == 0
    assert (tmp_path / "wet.wav").read_bytes() == (tmp_path / "same.wav").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"song.mid", "dry.wav", "wet.wav", "same.wav"}


def test_options_of_bounce_that_do_not_go_together_are_told(run, source, tiny_vocoder, tmp_path):
    for extra, said in (
        (("--vocode", "--stems", tmp_path / "stems"), "--stems "),
        (("--vocoder", tiny_vocoder), "--vocoder "),
        (("--mono",), "--mono belongs to --vocode"),
    ):
        code, _, err = run("bounce", source("song.mid"), "-o", tmp_path / "x.wav", *extra)
        assert code == 1
        assert said in one_sentence(err)
    assert [path.name for path in tmp_path.iterdir()] == ["song.mid"]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("text.wav", b"Dear diary, this is no audio.\n" * 20, "is not audio that can be read"),
        ("empty.wav", b"", "is empty"),
        ("empty.mp3", b"", "is empty"),
        ("empty.npy", b"", "is no .npy file"),
        ("text.mid", b"Dear diary", "is not a MIDI file"),
        ("noaudio.txt", b"Dear diary", "is not audio that can be read"),
        ("none.wav", None, "does not exist"),
    ],
)
def test_bad_input_is_one_sentence_and_no_file(run, tiny_vocoder, tmp_path, name, data, said):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    args = ("-o", tmp_path / "o.wav", "--model", tiny_vocoder, "--save-mel", tmp_path / "m.npy")
    code, out, err = run("vocode", tmp_path / name, *args)
    assert (code, out) == (1, "")
    sentence = one_sentence(err)
    assert said in sentence
    assert name in sentence
    assert [path.name for path in tmp_path.iterdir()] == ([] if data is None else [name])


def test_a_mel_of_another_model_is_refused(run, source, tmp_path):
    write_tiny_vocoder(tmp_path / "wide", MelConfig(n_mels=128))
    code, _, err = run("vocode", source("mel.npy"), "-o", tmp_path / "o.wav", "--model", tmp_path / "wide")
    assert code == 1
    assert "a mel of 128 bands" in one_sentence(err)


def test_a_missing_model_is_one_sentence(run, source, tmp_path):
    for name in ("vocoder-of-nobody", tmp_path / "none"):
        code, _, err = run("vocode", source("mono.wav"), "-o", tmp_path / "o.wav", "--model", name)
        assert code == 1
        assert "There is no vocoder model" in one_sentence(err)
    code, _, err = run("vocode", source("mono.wav"), "-o", tmp_path / "o.wav", "--model", tmp_path)
    assert code == 1
    assert "There is no model in" in one_sentence(err)


def test_options_that_do_not_go_together_are_told(run, source, tiny_vocoder, tmp_path):
    wav, output = source("mono.wav"), tmp_path / "o.wav"
    for args, said in [
        ((wav, "-o", wav), "overwrite the input"),
        ((wav, "-o", tmp_path / "o.mp3"), "must end in .wav"),
        ((wav, "-o", tmp_path / "none" / "o.wav"), "does not exist"),
        ((wav, "-o", output, "--save-mel", tmp_path / "m.txt"), "must end in .npy"),
        ((wav, "-o", output, "--mel-scale", "db"), "belongs to .npy files"),
        ((wav, "-o", output, "--iterations", 5), "belong to --method griffin-lim"),
    ]:
        code, _, err = run("vocode", *args, "--model", tiny_vocoder)
        assert code == 1
        assert said in one_sentence(err)
    mel = source("mel.npy")
    code, _, err = run("vocode", mel, "-o", output, "--save-mel", mel, "--model", tiny_vocoder)
    assert code == 1
    assert "overwrite the input" in one_sentence(err)
    assert {path.name for path in tmp_path.iterdir()} == {"mono.wav", "mel.npy"}


@pytest.mark.parametrize(
    "extra",
    [["--stretch", "0"], ["--pitch", "99"], ["--method", "magic"], ["--threads", "0"], ["--mel-scale", "x"]],
)
def test_misuse_exits_2_and_says_which_option(run, source, tmp_path, extra):
    code, _, err = run("vocode", source("mono.wav"), "-o", tmp_path / "o.wav", *extra)
    assert code == 2
    assert extra[0] in err


@pytest.mark.parametrize("name", ["mono.wav", "song.mid"])
def test_ctrl_c_leaves_nothing(run, source, tiny_vocoder, tmp_path, monkeypatch, name):
    def interrupt(self, done, total):
        if self._label.endswith("vocoding"):
            raise KeyboardInterrupt

    path = source(name)
    monkeypatch.setattr(terminal.TerminalProgress, "__call__", interrupt)
    args = ("-o", tmp_path / "o.wav", "--save-mel", tmp_path / "m.npy", "--model", tiny_vocoder)
    code, out, err = run("vocode", path, *args)
    assert (code, out, err) == (130, "", "Stopped.\n")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_mel_that_cannot_be_saved_leaves_no_audio(run, source, tiny_vocoder, tmp_path):
    args = ("-o", tmp_path / "o.wav", "--save-mel", tmp_path / "none" / "m.npy", "--model", tiny_vocoder)
    code, _, err = run("vocode", source("mono.wav"), *args)
    assert code == 1
    assert "does not exist" in one_sentence(err)
    assert [path.name for path in tmp_path.iterdir()] == ["mono.wav"]


def test_what_is_above_full_scale_is_clipped_and_said(run, tmp_path):
    mel = log_mel(sine(12_000).astype(np.float32), CONFIG)
    np.save(tmp_path / "loud.npy", mel + np.float32(6))
    args = ("-o", tmp_path / "o.wav", "--method", "griffin-lim", "--iterations", 2, "--json")
    code, out, err = run("vocode", tmp_path / "loud.npy", *args)
    assert code == 0
    assert "were above full scale and were clipped" in err
    assert json.loads(out)["clipped_samples"] > 1_000
    assert np.max(np.abs(soundfile.read(tmp_path / "o.wav")[0])) == pytest.approx(1, abs=1e-5)


def test_its_help_names_every_option(capsys):
    assert main(["vocode", "--help"]) == 0
    told = capsys.readouterr().out
    for option in (
        "--model",
        "--method",
        "--save-mel",
        "--mel-scale",
        "--stretch",
        "--pitch",
        "--threads",
        "--json",
    ):
        assert option in told


def stereo_wav(path, seconds=2.0, rate_hz=44_100, dull=False):
    """An instrument on each side, over a soft noise in both ears; a dull one was made at 12 kHz."""
    made_hz = 12_000 if dull else rate_hz
    low, high = plucks(made_hz, seconds, 220, 0.5), plucks(made_hz, seconds, 900, 0.33)
    hiss = np.stack([noise(len(low)), noise(len(low), 1)], axis=1)
    frames = np.stack([low, 0.5 * high], axis=1) + 0.2 * hiss
    soundfile.write(path, soxr.resample(frames, made_hz, rate_hz), rate_hz)
    return path


def at_rate(path, rate_hz):
    audio, own_hz = soundfile.read(path, dtype="float32", always_2d=True)
    return soxr.resample(audio, own_hz, rate_hz)


@pytest.mark.parametrize("dull", [False, True])
def test_stereo_comes_back_stereo_in_the_band_it_has(run, tmp_path, dull):
    wav = stereo_wav(tmp_path / "song.wav", dull=dull)
    code, out, err = run("vocode", wav, "-o", tmp_path / "o.wav", "--json")
    assert code == 0
    facts = json.loads(out)
    rate_hz = 12_000 if dull else 44_100
    assert (facts["sample_rate_hz"], facts["channels"]) == (rate_hz, 2)
    model = "vocoder-12k (12 kHz, up to 6 kHz)" if dull else "vocoder-44k (full band, 44.1 kHz)"
    assert err == f"Note: {wav} has {'no ' * dull}sound above 6 kHz, so it is resynthesised with {model}.\n"
    source, made = at_rate(wav, rate_hz), soundfile.read(tmp_path / "o.wav")[0]
    assert made.shape == source.shape
    assert abs(balance_db(made) - balance_db(source)) < 1
    assert correlation(made) == pytest.approx(correlation(source), abs=0.1)


@pytest.mark.parametrize("method", ["gan", "griffin-lim"])
def test_mono_is_one_channel(run, tmp_path, method):
    wav = stereo_wav(tmp_path / "song.wav")
    args = ("--method", method, "--model", "vocoder-12k", "--json")
    for name, extra, channels in (("stereo", (), 2), ("mono", ("--mono",), 1)):
        code, out, _ = run("vocode", wav, "-o", tmp_path / f"{name}.wav", *args, *extra)
        assert code == 0
        assert json.loads(out)["channels"] == soundfile.info(tmp_path / f"{name}.wav").channels == channels
    code, out, _ = run("vocode", wav, "-o", tmp_path / "said.wav", "--model", "vocoder-12k", "--mono")
    assert f"{tmp_path / 'said.wav'}: 2.0 s, mono at 12000 Hz, " in out


@pytest.mark.parametrize("bands", [96, 128])
def test_a_mel_goes_to_the_model_whose_mel_it_is(run, tmp_path, bands):
    mel = np.full((bands, 60), -4.0, np.float32)
    np.save(tmp_path / "mel.npy", mel)
    code, out, err = run("vocode", tmp_path / "mel.npy", "-o", tmp_path / "o.wav", "--json")
    assert code == 0
    facts = json.loads(out)
    assert (facts["decoder"], facts["channels"]) == ("vocoder-12k" if bands == 96 else "vocoder-44k", 1)
    assert f"is a mel of {bands} bands, so it is resynthesised with {facts['decoder']} (" in err


def test_the_saved_mel_of_a_stereo_source_is_the_mean_power_of_both_channels(run, tiny_vocoder, tmp_path):
    wav, saved = stereo_wav(tmp_path / "song.wav", rate_hz=12_000, dull=True), tmp_path / "m.npy"
    assert run("vocode", wav, "-o", tmp_path / "o.wav", "--save-mel", saved, "--model", tiny_vocoder)[0] == 0
    left, right = (log_mel(np.ascontiguousarray(each), CONFIG) for each in at_rate(wav, 12_000).T)
    mel = np.load(saved, allow_pickle=False)
    assert np.allclose(mel, np.log((np.exp(left) + np.exp(right)) / 2), atol=1e-3)
    assert run("vocode", saved, "-o", tmp_path / "again.wav", "--model", tiny_vocoder)[0] == 0
    assert soundfile.info(tmp_path / "again.wav").channels == 1


@pytest.mark.parametrize("silent", [0, 1])
def test_a_side_that_is_silent_stays_silent_also_stretched(run, tmp_path, silent):
    frames = soundfile.read(stereo_wav(tmp_path / "song.wav"))[0]
    frames[:, silent] = 0
    soundfile.write(tmp_path / "song.wav", frames, 44_100)
    args = ("--stretch", 1.25, "--pitch", 2)
    assert run("vocode", tmp_path / "song.wav", "-o", tmp_path / "o.wav", *args)[0] == 0
    made = soundfile.read(tmp_path / "o.wav")[0]
    assert made.shape == (round(1.25 * len(frames)), 2)
    assert levels_db(made)[silent] < levels_db(made)[1 - silent] - 60


def test_more_than_two_channels_are_mixed(run, tiny_vocoder, tmp_path):
    soundfile.write(tmp_path / "six.wav", np.stack([noise(24_000)] * 6, axis=1), 12_000)
    assert run("vocode", tmp_path / "six.wav", "-o", tmp_path / "o.wav", "--model", tiny_vocoder)[0] == 0
    assert soundfile.info(tmp_path / "o.wav").channels == 1


def test_a_bounce_keeps_its_image_at_any_rate(run, tmp_path):
    clip = resources.clips_dir() / "demo.mid"
    assert run("bounce", clip, "-o", tmp_path / "dry.wav", "--seed", 1)[0] == 0
    args = ("--seed", 1, "--vocode", "--sample-rate", 22_050, "--json")
    code, out, err = run("bounce", clip, "-o", tmp_path / "wet.wav", *args)
    assert code == 0
    assert f"{clip} has sound above 6 kHz" in err
    facts = json.loads(out)
    assert (facts["decoder"], facts["channels"], facts["sample_rate_hz"]) == ("vocoder-44k", 2, 22_050)
    dry, wet = at_rate(tmp_path / "dry.wav", 22_050), soundfile.read(tmp_path / "wet.wav")[0]
    assert abs(len(dry) - len(wet)) <= 2
    assert abs(balance_db(wet) - balance_db(dry)) < 0.5
    assert correlation(wet) == pytest.approx(correlation(dry), abs=0.1)
    assert run("bounce", clip, "-o", tmp_path / "mono.wav", "--seed", 1, "--vocode", "--mono")[0] == 0
    assert soundfile.info(tmp_path / "mono.wav").channels == 1
