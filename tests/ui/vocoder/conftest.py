"""The Vocoder page with a tiny model, and a sound device that plays blocks on request."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from musegen_daw import resource_paths as resources
from musegen_daw.playback.player import Player
from musegen_daw.ui.vocoder.panel import VocoderPanel
from musegen_daw.vocoder.mel import MelConfig, log_mel
from musegen_daw.vocoder.vocoder import Vocoder
from tests.pages.vocoder import VocoderPage
from tests.playback.doubles import FakeSoundDevice
from tests.ui.doubles import make_context
from tests.vocoder.tiny_vocoder import write_tiny_vocoder

CONFIG = MelConfig()
SECONDS = 1.5


@pytest.fixture
def models(tmp_path, monkeypatch):
    """The folder of the bundled models, with one tiny vocoder."""
    folder = tmp_path / "models"
    write_tiny_vocoder(folder / "tiny", CONFIG)
    monkeypatch.setattr(resources, "models_dir", lambda: folder)
    monkeypatch.setattr("musegen_daw.ui.vocoder.jobs.models_dir", lambda: folder)
    return folder


@pytest.fixture
def library():
    return FakeSoundDevice()


@pytest.fixture
def drags():
    """What was dragged out, and whether another program takes it."""
    return SimpleNamespace(paths=[], taken=True)


@pytest.fixture
def decoders():
    """How the model of a folder is opened; a test may put another way in its place."""
    return SimpleNamespace(open=lambda folder: Vocoder.open(Path(folder)))


@pytest.fixture
def player(library):
    made = Player(library=library)
    yield made
    made.close()


@pytest.fixture
def context(tmp_path, player, decoders):
    (tmp_path / "data").mkdir()
    return make_context(
        tmp_path / "data", vocoder=lambda folder: decoders.open(folder), player=lambda: player
    )


@pytest.fixture
def songs():
    """The clip of the Clips panel, by name."""
    return SimpleNamespace(current=None)


@pytest.fixture
def page(qtbot, context, models, drags, songs):
    """The panel in view, its models found; closed in the end as the window closes it."""

    def drag(source, paths, picture):
        drags.paths.append(list(paths))
        return drags.taken

    made = VocoderPanel(context, lambda: songs.current, drag=drag)
    page = VocoderPage(made, qtbot)
    qtbot.addWidget(made)
    made.resize(1180, 590)
    made.show()
    made.activated()
    page.until(lambda: "Trained on" in page.text("model-facts"))
    yield page
    made.close_work()


@pytest.fixture
def source(tmp_path):
    """Files of every kind."""

    def make(name):
        path = tmp_path / name
        seconds = np.arange(round(SECONDS * 44_100)) / 44_100
        audio = 0.3 * np.sin(2 * np.pi * 500 * seconds)
        if name.startswith("text"):
            path.write_bytes(b"Dear diary, this is no audio.\n" * 20)
        elif path.suffix == ".npy":
            np.save(path, log_mel(audio[:30_000].astype(np.float32), CONFIG))
        elif name.startswith("empty"):
            path.write_bytes(b"")
        else:
            soundfile.write(path, audio, 44_100)
        return path

    return make


@pytest.fixture
def ready(page, source):
    """A file that was resynthesised both ways."""
    page.panel.open_file(source("clip.wav"))
    page.wait_for_results()
    page.listen_to("Griffin-Lim")
    page.until(lambda: page.choice == "Griffin-Lim" and not page.is_busy)
    page.listen_to("Vocoder")
    return page
