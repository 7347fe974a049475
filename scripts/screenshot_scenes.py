"""What the pictures show: each scene brings the window into a state worth a look."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtWidgets import QApplication

from musegen_daw import resource_paths as resources
from musegen_daw.app import App
from musegen_daw.devices.drivers import Direction
from musegen_daw.devices.findings import Finding, Level
from musegen_daw.devices.ports import PortDirectory, PortInfo
from musegen_daw.errors import PortError
from musegen_daw.jam.events import control_change, note_on
from musegen_daw.jam.settings import RigSettings
from musegen_daw.ui.clips.panel import ClipsPanel
from musegen_daw.ui.jam.panel import JamPanel
from musegen_daw.ui.settings.panel import SettingsPanel
from musegen_daw.ui.vocoder.panel import VocoderPanel
from scripts.played_rig import PlayedRig

SONG = "demo"
CLIP, BPM, PLAYED_BEATS = "funk-bass", 104.0, 26.3
WAIT_SECONDS = 60.0
Scene = tuple[str, Callable[[], None]]


class ShownPorts(PortDirectory):
    """The ports of a musician's computer, none of which can be opened."""

    def __init__(self) -> None:
        super().__init__(())

    @property
    def creates_ports(self) -> bool:
        """As on macOS and Linux."""
        return True

    def problem(self) -> str | None:
        """All is well."""
        return None

    def ports(self, direction: Direction) -> tuple[PortInfo, ...]:
        """A keyboard and a DAW."""
        names = (
            ("Keystation 49", "ardour:MIDI clock out")
            if direction is Direction.INPUT
            else ("ardour:Drums in",)
        )
        return tuple(PortInfo(name, direction, "jack") for name in names)


class Stage:
    """The program with a jam that stands still where it is worth a look."""

    def __init__(self, state: Path, played_beats: float = PLAYED_BEATS) -> None:
        self._played_beats = played_beats
        self.app = App(state, ShownPorts, self._open_rig)
        self.window = self.app.window
        self.trouble = ""
        self.rig: PlayedRig | None = None

    def wait(self, done: Callable[[], bool]) -> None:
        """Let the window live until something is so."""
        until = time.perf_counter() + WAIT_SECONDS
        while not done():
            QApplication.processEvents()
            if time.perf_counter() > until:
                raise TimeoutError("the scene did not come about")

    def pause(self, seconds: float = 0.5) -> None:
        """Let the window live for a while."""
        until = time.perf_counter() + seconds
        self.wait(lambda: time.perf_counter() > until)

    def close(self) -> None:
        """End it."""
        self.window.close()
        self.app.close()

    def _open_rig(self, settings: RigSettings) -> PlayedRig:
        if self.trouble:
            raise PortError(self.trouble)
        self.rig = PlayedRig(self.app.context.drum_generator(), CLIP, BPM)
        self.rig.play_to(self._played_beats)
        return self.rig


def scenes(stage: Stage) -> Iterator[Scene]:
    """The name of each picture and what brings it about, in order."""
    yield "jam", lambda: _jam(stage)
    yield "jam-more", lambda: _more(stage)
    yield "jam-learn", lambda: _learn(stage)
    yield "clips-empty", lambda: stage.window.go_to("clips")
    yield "clips", lambda: _clips(stage)
    yield "vocoder-empty", lambda: stage.window.go_to("vocoder")
    yield "vocoder", lambda: _vocoder(stage)
    for index, name in enumerate(("connect", "settings", "health", "keys", "about")):
        yield f"settings-{name}", lambda index=index: _settings(stage, index)
    yield "jam-no-midi", lambda: _no_midi(stage)


def _jam(stage: Stage) -> None:
    stage.window.go_to("jam")
    stage.wait(lambda: stage.app.control.rig is not None)
    stage.pause()


def _learn(stage: Stage) -> None:
    _jam(stage)
    stage.app.control.learn("energy")
    stage.app.control.change(
        lambda controls: controls.__class__(muted=frozenset({"crash", "ride"}), hold=True)
    )
    stage.window.line.say("Move a knob or hit a pad to map 'energy' (Esc: cancel).")


def _more(stage: Stage) -> None:
    panel = stage.window.panel("jam")
    assert isinstance(panel, JamPanel)
    stage.window.go_to("jam")
    stage.rig = None
    panel.restore_state({"is_unfolded": True, "style": "bossa"})
    stage.wait(lambda: stage.rig is not None and stage.app.control.rig is stage.rig)
    stage.pause()
    assert stage.rig is not None
    knobs = {
        "density": control_change(0, 21, 64),
        "mute kick": note_on(9, 36, 100),
        "swing": control_change(0, 22, 64),
    }
    for target, message in knobs.items():
        stage.rig.learn(target, message)
    stage.window.line.clear()


def _clips(stage: Stage) -> None:
    stage.window.go_to("clips")
    panel = stage.window.panel("clips")
    assert isinstance(panel, ClipsPanel)
    stage.wait(lambda: panel.is_restored)
    panel.open_files([resources.clips_dir() / f"{SONG}.mid"])
    stage.wait(lambda: panel.editor.clip is not None)
    stage.pause()
    panel.view.actions.generate.click()
    stage.wait(lambda: panel.editor.clip is not None and bool(panel.editor.clip.drums.notes))
    stage.pause()


def _vocoder(stage: Stage) -> None:
    clips = stage.window.panel("clips")
    assert isinstance(clips, ClipsPanel)
    if clips.editor.clip is None:  # where only this scene is drawn
        _clips(stage)
    stage.window.go_to("vocoder")
    panel = stage.window.panel("vocoder")
    assert isinstance(panel, VocoderPanel)
    panel.take_clip()
    stage.pause(20.0)


def _no_midi(stage: Stage) -> None:
    stage.trouble = (
        "No MIDI system runs on this computer. ALSA has no sequencer here (try: sudo modprobe snd-seq), and no JACK "
        "server runs (start one with qjackctl, or PipeWire's)."
    )
    settings = stage.app.control.settings
    assert settings is not None
    stage.window.go_to("jam")
    said: list[str] = []
    stage.app.control.unavailable.connect(said.append)
    stage.app.control.open(settings)
    stage.wait(lambda: bool(said))


def _settings(stage: Stage, page: int) -> None:
    stage.window.line.clear()
    stage.window.go_to("settings")
    panel = stage.window.panel("settings")
    assert isinstance(panel, SettingsPanel)
    panel.show_page(page)
    panel.health.show_findings(
        (
            Finding(Level.OK, "MIDI", "JACK runs; there are 3 inputs and 2 outputs in all."),
            Finding(Level.OK, "ports", "The ports 'musegen in' and 'musegen drums' can be created on JACK."),
            Finding(
                Level.NOTE, "clock", "No MIDI clock is heard, so the program keeps its own tempo.",
                "to be in time with the DAW let it send clock and connect it to 'musegen in'",
            ),
            Finding(Level.OK, "model", "drums-lstm writes a bar of drums in 0.06 s."),
            Finding(
                Level.PROBLEM, "sound", "Nothing can be played here, PortAudio is missing.",
                "sudo apt-get install -y libportaudio2",
            ),
        )
    )  # fmt: skip
