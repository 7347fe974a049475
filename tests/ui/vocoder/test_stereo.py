"""In the Vocoder panel the source decides the band, and every source that is heard keeps its channels."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from musegen_daw.cli.main import main
from musegen_daw.music.clip import Song
from musegen_daw.ui.vocoder.panel import VocoderPanel
from musegen_daw.vocoder.mel import MelConfig, log_mel
from tests.cli.doubles import TIME_MAP, kit, part
from tests.pages.vocoder import VocoderPage
from tests.vocoder.sounds import balance_db, correlation, levels_db, noise, plucks
from tests.vocoder.tiny_vocoder import write_tiny_vocoder

FULL = MelConfig(44_100, 2048, 512, 128, 0.0, 22_050.0)
RATE_HZ = 44_100


@pytest.fixture
def two(page, context, models, tmp_path):
    """The panel with a model of the full band beside that of 12 kHz."""
    write_tiny_vocoder(models / "wide", FULL)
    context.settings.change(models_dir=str(tmp_path / "data"))
    page.until(lambda: page.find("vocoder-model").count() == 3)
    return page


def write(path: Path, made_hz=RATE_HZ, right=0.5):
    """A low instrument on the left, a high one on the right, with some noise; made at another rate it is dull."""
    low, high = plucks(made_hz, 1.5, 220, 0.5), plucks(made_hz, 1.5, 900, 0.33)
    frames = np.stack([low + 0.3 * noise(len(low)), right * (high + 0.3 * noise(len(low), 1))], axis=1)
    soundfile.write(path, soxr.resample(frames, made_hz, RATE_HZ), RATE_HZ, subtype="FLOAT")
    return path


def sounding(player, page, name):
    """The audio of a source as the deck plays it."""
    page.listen_to(name)
    page.until(lambda: page.choice == name and not page.is_busy)
    page.click("play")
    player.wait()
    audio = {each.name: each.audio for each in player.deck.sources}[name]
    page.click("play")
    return audio


def test_the_source_decides_the_band_and_the_panel_names_it(two, tmp_path):
    box = two.find("vocoder-model")
    assert [box.itemText(at) for at in range(3)] == [
        "Automatic",
        "12 kHz, up to 6 kHz",
        "Full band, 44.1 kHz",
    ]
    for name, made_hz, band in (
        ("bright.wav", RATE_HZ, "Full band, 44.1 kHz"),
        ("dull.wav", 12_000, "12 kHz, up to 6 kHz"),
    ):
        two.panel.open_file(write(tmp_path / name, made_hz))
        two.until(lambda name=name: two.source.startswith(name))
        two.wait_for_results()
        assert box.currentText() == "Automatic"
        assert two.text("model-facts").startswith(f"{band}. Trained on")
        assert f"Vocoder   {band}" in two.view.rows[1].title
        assert ", stereo, as " in two.source
        assert any(said.startswith(name) and "resynthesised with" in said for said, _ in two.messages)
    two.choose("vocoder-model", "Full band, 44.1 kHz")
    two.until(lambda: two.view.rows[0].picture.db.shape[0] == 128)
    two.wait_for_results()
    assert "dull.wav" in two.source
    two.choose("vocoder-model", "Automatic")
    two.until(lambda: two.view.rows[0].picture.db.shape[0] == 96)
    assert two.panel.saved_state()["vocoder"] == ""


def test_a_file_that_comes_before_the_models_are_known_waits_for_them(qtbot, context, models, tmp_path):
    write_tiny_vocoder(models / "wide", FULL)
    panel = VocoderPanel(context)
    page = VocoderPage(panel, qtbot)
    qtbot.addWidget(panel)
    panel.show()
    panel.open_file(write(tmp_path / "bright.wav"))
    panel.activated()
    page.wait_for_results()
    assert page.source.startswith("bright.wav")
    assert page.text("model-facts").startswith("Full band, 44.1 kHz.")
    panel.close_work()


def test_a_mel_goes_to_the_model_whose_mel_it_is(two, tmp_path):
    for config in (FULL, MelConfig()):
        path = tmp_path / f"{config.n_mels}.npy"
        np.save(path, log_mel(noise(30_000), config))
        two.panel.open_file(path)
        two.until(lambda config=config: two.source.startswith(f"{config.n_mels}.npy"))
        two.wait_for_results()
        assert f"as {config.n_mels} bands" in two.source


def test_the_clip_goes_to_the_band_that_its_sound_has(two, songs):
    songs.current = ("my song", Song((part(bars=1), kit(0, 960)), TIME_MAP))
    two.click("take-the-clip")
    two.wait_for_results()
    assert two.text("model-facts").startswith("Full band, 44.1 kHz.")
    assert any(said.startswith("my song has sound above 6 kHz") for said, _ in two.messages)


def test_everything_that_is_heard_keeps_its_channels(page, source, player, tmp_path):
    page.panel.open_file(write(tmp_path / "clip.wav"))
    page.wait_for_results()
    original = sounding(player, page, "Original")
    for name in ("Vocoder", "Griffin-Lim"):
        made = sounding(player, page, name)
        assert made.shape[1] == 2
        # The tiny vocoder has no levels of its own, and so the same of each side in every band.
        assert correlation(made) == pytest.approx(correlation(original), abs=0.35)
    assert abs(balance_db(made) - balance_db(original)) < 1
    page.panel.open_file(source("mono.wav"))
    page.until(lambda: page.source.startswith("mono.wav"))
    page.wait_for_results()
    assert ", mono, as " in page.source
    assert sounding(player, page, "Vocoder").shape[1] == 1


def test_a_silent_side_stays_silent_and_the_file_is_that_of_the_command(page, tmp_path, models):
    wav = write(tmp_path / "clip.wav", right=0.0)
    page.panel.open_file(wav)
    page.wait_for_results()
    page.panel.save_to(tmp_path / "window.wav")
    page.until(lambda: any("Saved" in sentence for sentence, _ in page.messages))
    left_db, right_db = levels_db(soundfile.read(tmp_path / "window.wav")[0])
    assert right_db < left_db - 80
    assert (
        main(["vocode", str(wav), "-o", str(tmp_path / "command.wav"), "--model", str(models / "tiny")]) == 0
    )
    assert (tmp_path / "window.wav").read_bytes() == (tmp_path / "command.wav").read_bytes()


def test_a_damaged_model_is_not_chosen(two, models, tmp_path):
    sidecar = json.loads((models / "wide" / "model.json").read_text())
    sidecar["graphs"]["vocode"]["sha256"] = "0" * 64
    (models / "wide" / "model.json").write_text(json.dumps(sidecar))
    two.panel.open_file(write(tmp_path / "bright.wav"))
    two.until(lambda: two.error)
    assert "install it again" in two.error
    two.choose("vocoder-model", "12 kHz, up to 6 kHz")
    two.wait_for_results()
