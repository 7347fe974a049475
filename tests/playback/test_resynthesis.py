"""What is heard in the window is what the command writes, and the original beside it is the file itself."""

import numpy as np
import pytest
import soundfile
import soxr

from musegen_daw.cli.main import main
from musegen_daw.errors import AudioError
from musegen_daw.music.clip import Song
from musegen_daw.playback.resynthesis import decode, free_path, read_given, render_given, write_wav
from musegen_daw.progress import Cancelled
from musegen_daw.vocoder.griffin_lim import GriffinLim
from musegen_daw.vocoder.mel import MelConfig, log_mel
from musegen_daw.vocoder.vocoder import Vocoder
from tests.cli.doubles import TIME_MAP, kit, part

CONFIG = MelConfig()
DECK_HZ = 48_000
SECONDS = 1.2


@pytest.fixture
def clip(tmp_path):
    """A stereo file with another sine in each channel."""
    seconds = np.arange(round(SECONDS * 44_100)) / 44_100
    frames = np.stack([0.3 * np.sin(2 * np.pi * hz * seconds) for hz in (500, 750)], axis=1)
    path = tmp_path / "clip.wav"
    soundfile.write(path, frames, 44_100, subtype="FLOAT")
    return path


def test_the_original_is_the_file_and_its_mel_comes_from_the_same_reading(clip):
    told = []
    given = read_given(clip, CONFIG, DECK_HZ, lambda *each: told.append(each))
    frames = soundfile.read(clip, dtype="float32")[0]
    assert np.abs(given.original.audio - soxr.resample(frames, 44_100, DECK_HZ)).max() < 1e-5
    mono = soxr.resample(frames.mean(axis=1), 44_100, 12_000)
    expected = log_mel(mono, CONFIG)
    is_sound = expected > -15  # below is the rounding of resamplers
    assert np.allclose(given.input.image.mid[is_sound], expected[is_sound], atol=0.02)
    assert np.array_equal(given.mel.mel, given.input.image.mel)
    assert (given.name, given.mel.samples, given.note) == ("clip", 14_400, "")
    assert given.seconds == pytest.approx(SECONDS)
    assert told[-1] == (len(frames), len(frames))


@pytest.mark.parametrize(("stretch", "semitones"), [(1.0, 0.0), (1.5, -3.0)])
def test_it_is_what_the_command_writes(clip, tiny_vocoder, tmp_path, capsys, stretch, semitones):
    given = read_given(clip, CONFIG, DECK_HZ)
    told = []
    made = decode(
        given,
        Vocoder.open(tiny_vocoder),
        "Vocoder",
        DECK_HZ,
        stretch,
        semitones,
        lambda *each: told.append(each),
    )
    assert made.seconds == pytest.approx(SECONDS * stretch)
    assert (made.method, made.decoder, made.sample_rate_hz) == ("Vocoder", "tiny", 12_000)
    assert made.source.stretch == stretch
    assert len(made.source.audio) == pytest.approx(SECONDS * stretch * DECK_HZ, abs=8)
    assert made.mel.shape == (96, CONFIG.frames(len(made.audio)))
    assert abs(made.wanted.shape[1] - made.mel.shape[1]) <= 2
    assert told[-1][0] == told[-1][1]
    write_wav(tmp_path / "window.wav", made.audio, made.sample_rate_hz)
    options = ["--stretch", str(stretch), "--pitch", str(semitones), "--model", str(tiny_vocoder)]
    assert main(["vocode", str(clip), "-o", str(tmp_path / "command.wav"), *options]) == 0
    assert (tmp_path / "window.wav").read_bytes() == (tmp_path / "command.wav").read_bytes()


def test_griffin_lim_stands_beside_it(clip):
    made = decode(read_given(clip, CONFIG, DECK_HZ), GriffinLim(CONFIG, 2), "Griffin-Lim", DECK_HZ)
    assert made.decoder == "griffin-lim-2-pinv"
    assert 0.05 < made.peak < 2


def test_a_mel_has_no_original_and_says_what_it_was_taken_for(tmp_path):
    mel = log_mel(np.random.default_rng(0).uniform(-0.3, 0.3, 24_000).astype(np.float32), CONFIG)
    np.save(tmp_path / "mel.npy", mel)
    given = read_given(tmp_path / "mel.npy", CONFIG, DECK_HZ, scale_option="the menu Scale")
    assert given.original is None
    assert given.mel.samples is None
    assert given.seconds == pytest.approx(mel.shape[1] * 256 / 12_000)
    assert "was read as the natural logarithm of power, which is a guess" in given.note
    assert given.note.endswith("; the menu Scale names another.")
    ambiguous = np.random.default_rng(0).uniform(1, 5, (96, 20)).astype(np.float32)
    np.save(tmp_path / "odd.npy", ambiguous)
    with pytest.raises(AudioError, match="name the scale with the menu Scale"):
        read_given(tmp_path / "odd.npy", CONFIG, DECK_HZ, scale_option="the menu Scale")


def test_a_song_is_bounced_first(tmp_path):
    song = Song((part(bars=1), kit(0, 960)), TIME_MAP)
    told = []
    given = render_given("song", song, CONFIG, DECK_HZ, progress=lambda *each: told.append(each))
    assert given.name == "song"
    assert given.original.audio.shape[1] == 2
    assert np.abs(given.original.audio).max() == pytest.approx(10 ** (-1 / 20), abs=0.03)
    assert given.seconds == pytest.approx(len(given.original.audio) / DECK_HZ, abs=1e-3)
    assert told
    with pytest.raises(Cancelled):
        render_given("song", song, CONFIG, DECK_HZ, cancelled=lambda: True)


def test_many_channels_are_heard_as_one(tmp_path):
    frames = np.random.default_rng(2).uniform(-0.1, 0.1, (20_000, 6)).astype(np.float32)
    soundfile.write(tmp_path / "surround.wav", frames, 48_000, subtype="FLOAT")
    given = read_given(tmp_path / "surround.wav", CONFIG, DECK_HZ)
    assert np.allclose(given.original.audio[:, 0], frames.mean(axis=1), atol=1e-6)


def test_everything_can_be_given_up(clip, tiny_vocoder):
    with pytest.raises(Cancelled):
        read_given(clip, CONFIG, DECK_HZ, cancelled=lambda: True)
    given = read_given(clip, CONFIG, DECK_HZ)
    with pytest.raises(Cancelled):
        decode(given, Vocoder.open(tiny_vocoder), "Vocoder", DECK_HZ, cancelled=lambda: True)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("text.wav", b"Dear diary, this is no audio.\n" * 20, "is not audio that can be read"),
        ("empty.wav", b"", "is empty"),
        ("text.npy", b"Dear diary", "is no .npy file"),
        ("none.wav", None, "does not exist"),
    ],
)
def test_bad_input_is_one_sentence(tmp_path, name, data, said):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(AudioError, match=said):
        read_given(tmp_path / name, CONFIG, DECK_HZ)


def test_a_mel_of_another_model_is_refused(clip, tmp_path):
    given = read_given(clip, MelConfig(n_mels=128), DECK_HZ)
    with pytest.raises(AudioError, match="n_mels 128 in place of 96"):
        decode(given, GriffinLim(CONFIG, 2), "Griffin-Lim", DECK_HZ)


def test_a_file_is_written_beside_others_never_over_them(tmp_path):
    audio = np.full(100, 0.5, np.float32)
    names = []
    for _ in range(3):
        path = free_path(tmp_path, "take")
        write_wav(path, audio, 12_000)
        names.append(path.name)
    assert names == ["take.wav", "take 2.wav", "take 3.wav"]
    with pytest.raises(AudioError, match="does not exist"):
        write_wav(tmp_path / "none" / "x.wav", audio, 12_000)
