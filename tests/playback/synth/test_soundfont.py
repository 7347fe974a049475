"""The right SoundFont is found, and a damaged one ends in a sentence."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from musegen_daw import resource_paths as resources
from musegen_daw.errors import AudioError
from musegen_daw.music.clip import Clip, Note, Song
from musegen_daw.music.messages import ChannelMessage, MessageKind
from musegen_daw.music.time import TimeMap
from musegen_daw.playback.synth import soundfont
from musegen_daw.playback.synth.riff import check_soundfont
from musegen_daw.playback.synth.soundfont import find_soundfont, open_soundfont
from musegen_daw.playback.synth.synth import render
from tests.playback.synth.sf2 import Instrument, Preset, Sample, Zone, soundfont_bytes


def small_font():
    sample = Sample("s", np.sin(np.arange(400)) * 0.5, 60, loop=(100, 300))
    zones = (
        Zone(sample, keys=(0, 63), pan=-0.2),
        Zone(
            sample,
            keys=(64, 127),
            root_key=61,
            release_seconds=0.1,
            generators=((6, 30), (13, 20)),
            modulators=((0x0081, 6, 50, 0, 0), (0x0102, 8, -2400, 0, 0), (0x020E, 52, 100, 0x0010, 0)),
        ),
    )
    return soundfont_bytes("small", "none", (Preset("p", 0, 0, Instrument("i", zones)),))


FONT = small_font()


@pytest.fixture(autouse=True)
def _bare_system(monkeypatch):
    monkeypatch.delenv(soundfont.ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.setattr(soundfont, "_system_folders", tuple)


def test_the_bundled_soundfont_is_used_where_there_is_no_other():
    assert find_soundfont().path == resources.soundfont_dir() / "musegen.sf2"


def test_the_user_comes_first_then_the_environment_then_the_system(tmp_path, monkeypatch):
    user, environment, folder = tmp_path / "user.sf2", tmp_path / "environment.sf2", tmp_path / "system"
    folder.mkdir()
    for path in (
        user,
        environment,
        folder / "Piano only.sf2",
        folder / "FluidR3_GM.sf2",
        folder / "default-GM.sf2",
    ):
        path.write_bytes(FONT)
    monkeypatch.setattr(soundfont, "_system_folders", lambda: (tmp_path / "missing", folder))
    assert find_soundfont().path == folder / "default-GM.sf2"
    (folder / "default-GM.sf2").write_bytes(b"damaged")
    assert find_soundfont().path == folder / "FluidR3_GM.sf2"
    monkeypatch.setenv(soundfont.ENVIRONMENT_VARIABLE, str(environment))
    assert find_soundfont().path == environment
    assert find_soundfont(user).path == user


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "There is no SoundFont file"),
        (b"", "is not a SoundFont"),
        (b"RIFF\0\0\0\0WAVEfmt " + bytes(500), "is not a SoundFont"),
        (FONT[:-100], "is damaged"),
        (FONT.replace(b"ifil\x04\0\0\0\x02\0", b"ifil\x04\0\0\0\x03\0"), "version 3"),
    ],
)
def test_what_is_no_soundfont_is_refused_by_name(tmp_path, content, sentence):
    path = tmp_path / "some.sf2"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(AudioError, match=sentence) as caught:
        open_soundfont(path)
    assert "some.sf2" in str(caught.value)


def test_a_folder_is_no_soundfont(tmp_path):
    with pytest.raises(AudioError, match="There is no SoundFont file"):
        find_soundfont(tmp_path)


def test_the_size_is_checked_before_anything_is_read(tmp_path, monkeypatch):
    path = tmp_path / "huge.sf2"
    path.write_bytes(FONT)
    monkeypatch.setattr("musegen_daw.playback.synth.riff.MAX_SOUNDFONT_BYTES", 1_000)
    with pytest.raises(AudioError, match="too large"):
        check_soundfont(path)


def test_what_the_writer_writes_the_reader_reads(tmp_path):
    path = tmp_path / "small.sf2"
    path.write_bytes(FONT)
    low, high = open_soundfont(path).presets[0, 0]
    assert (low.keys, high.keys) == ((0, 63), (64, 127))
    assert (low.root_key, high.root_key) == (60, 61)
    assert low.pan == -0.2
    assert low.loop == high.loop == (100, 300)
    assert (low.start, low.end) == (high.start, high.end) == (0, 400)
    assert high.shape.release_seconds == pytest.approx(0.1, rel=1e-3)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    cut=st.integers(0, len(FONT)),
    changes=st.dictionaries(st.integers(900, len(FONT) - 1), st.integers(0, 255)),
)
def test_damage_ends_in_sound_or_in_one_sentence(tmp_path, cut, changes):
    data = bytearray(FONT)
    for place, value in changes.items():
        data[place] = value
    path = tmp_path / "damaged.sf2"
    path.write_bytes(data[:cut] if cut % 3 == 0 else data)
    notes = (Note(60, 100, 0, 240), Note(70, 50, 100, 240))
    messages = (
        ChannelMessage(50, MessageKind.CONTROL_CHANGE, 1, 100),
        ChannelMessage(150, MessageKind.PITCH_BEND, 0, 16_000),
    )
    try:
        audio = render(
            Song((Clip(notes, 0, 480, messages=messages),), TimeMap(480)), open_soundfont(path), 8_000
        )
        outcome = f"{path} sounds" if np.all(np.isfinite(audio)) else "not a number"
    except AudioError as error:
        outcome = str(error)
    assert "damaged.sf2" in outcome


def kit_of(program, wave, folder, name):
    """A SoundFont with a piano and one drum kit, every key of which sounds as `wave`."""
    sample = Sample(name, wave, 60)
    instrument = Instrument("i", (Zone(sample, keys=(0, 127), root_key=60),))
    presets = (Preset("piano", 0, 0, instrument), Preset("kit", 128, program, instrument))
    path = folder / f"{name}.sf2"
    path.write_bytes(soundfont_bytes(name, "none", presets))
    return path


def heard(font, program, is_drum):
    clip = Clip((Note(60, 100, 0, 480),), 480, 480, program=program, is_drum=is_drum)
    return render(Song((clip,), TimeMap(480)), font, 8_000)


@pytest.fixture
def two_sets(tmp_path, monkeypatch):
    """A set of the computer and a bundled one, which sound different."""
    wave = np.sin(np.arange(900) / 9) * 0.5
    computer = kit_of(48, wave, tmp_path, "FluidR3_GM")
    bundled = kit_of(0, -wave[::-1], tmp_path, "musegen")
    monkeypatch.setattr(soundfont, "_system_folders", lambda: (tmp_path,))
    monkeypatch.setattr(soundfont, "_bundled", lambda: bundled)
    return open_soundfont(computer), open_soundfont(bundled)


def test_a_set_of_the_computer_plays_with_the_bundled_drums(two_sets):
    computer, bundled = two_sets
    found = find_soundfont()
    both = found.open()
    assert found.in_words == "FluidR3_GM.sf2, with the bundled drums"
    assert np.array_equal(heard(both, 0, False), heard(computer, 0, False))
    assert np.array_equal(heard(both, 0, True), heard(bundled, 0, True))
    assert not np.array_equal(heard(both, 0, True), heard(computer, 48, True))


def test_a_kit_that_the_bundled_set_lacks_is_that_of_the_computer(two_sets):
    computer, _ = two_sets
    assert np.array_equal(heard(find_soundfont().open(), 48, True), heard(computer, 48, True))


def test_a_chosen_soundfont_plays_its_own_drums(two_sets, monkeypatch):
    computer, _ = two_sets
    assert np.array_equal(heard(find_soundfont(computer.path).open(), 0, True), heard(computer, 48, True))
    monkeypatch.setenv(soundfont.ENVIRONMENT_VARIABLE, str(computer.path))
    assert np.array_equal(heard(find_soundfont().open(), 0, True), heard(computer, 48, True))
