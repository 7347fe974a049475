"""Composition root of the window: creates the parts, connects them, and closes them in order."""

from __future__ import annotations

import argparse
import gc
import logging
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Generic, TypeVar

from PySide6.QtCore import QSocketNotifier, QTimer
from PySide6.QtWidgets import QApplication

from musegen_daw import __version__, logs
from musegen_daw import resource_paths as resources
from musegen_daw.cli.endings import handle_endings
from musegen_daw.cli.terminal import Parser, StderrHandler, report_error, say
from musegen_daw.errors import MusegenError
from musegen_daw.files import is_folder, reason
from musegen_daw.suffixes import MIDI_SUFFIXES, PROJECT_SUFFIX
from musegen_daw.ui.context import AppContext
from musegen_daw.ui.jam.control import JamControl, OpenRig
from musegen_daw.ui.panel import BAD, WARN, Page, Panel
from musegen_daw.ui.session_lock import SessionLock
from musegen_daw.ui.settings.store import AppSettings, SettingsStore
from musegen_daw.ui.widgets.look import apply_theme
from musegen_daw.ui.window import SETTINGS, Window
from musegen_daw.user_folders import user_folder
from musegen_daw.workers.worker import Worker

if TYPE_CHECKING:
    from musegen_daw.devices.ports import PortDirectory
    from musegen_daw.jam.rig import JamRig
    from musegen_daw.jam.settings import RigSettings
    from musegen_daw.music.clip import Song
    from musegen_daw.playback.player import Player
    from musegen_daw.ui.clips.panel import ClipsPanel
    from musegen_daw.vocoder.decoder import MelDecoder
    from musegen_daw.workers.remote import RemoteDrummer

# Painting needs the interpreter lock often; Python threads release it after this time.
SWITCH_SECONDS = 0.0005
# A full collection stops all threads: make it rare, and exclude the objects of the window.
GC_THRESHOLDS = 20_000, 20, 100
SETTLED_MILLISECONDS = 1500

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Once(Generic[T]):
    """Calls `make` on first use, from any thread, and returns the same object from then on."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: list[T] = []

    def __call__(self) -> T:
        """Waits where another thread is in `make`. Raises what `make` raises; the next call tries again."""
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]

    @property
    def made(self) -> T | None:
        """The object if there is one, without waiting."""
        return self._made[0] if self._made else None


def _open_ports() -> PortDirectory:
    from musegen_daw.devices.ports import PortDirectory

    return PortDirectory.open()


class App:
    """All parts of the program; `close` ends those that the window does not.

    `open_ports` and `open_rig` replace the MIDI ports and the jam in tests.
    """

    def __init__(
        self,
        data_dir: Path,
        open_ports: Callable[[], PortDirectory] = _open_ports,
        open_rig: OpenRig | None = None,
    ) -> None:
        self.settings = SettingsStore()
        self._ports: Once[PortDirectory] = Once(open_ports)
        self._player: Once[Player] = Once(self._open_player)
        self._drum_worker = Worker("writes the drums")
        self._audio_worker = Worker("computes audio", is_patient=True)
        self._generator: Once[RemoteDrummer] = Once(self._remote_drummer)
        self._clips: ClipsPanel | None = None
        self._vocoders: dict[str, Once[MelDecoder]] = {}
        self._data_dir = data_dir
        self.context = AppContext(
            settings=self.settings,
            data_dir=data_dir,
            drum_generator=self._generator,
            vocoder=self._vocoder,
            ports=self._ports,
            player=self._player,
            compute=self._audio_worker.call,
        )
        self.control = JamControl(open_rig or self.open_rig)
        self.window = Window(self.context, self._page_list(), self.control, (*MIDI_SUFFIXES, PROJECT_SUFFIX))
        self.window.files_dropped.connect(self.open_files)
        self.settings.changed.connect(self._set_device)

    def open_rig(self, settings: RigSettings) -> JamRig:
        """Open a jam; the drum model is loaded on first use. A style that is gone is left out."""
        from musegen_daw.drums.job import chosen_style
        from musegen_daw.jam.rig import JamRig

        try:
            if settings.style:
                chosen_style(settings.style, self._generator().styles)
        except MusegenError:
            settings = replace(settings, style="")

        player = self._player.made
        if settings.audio and player is not None:
            player.release()
        return JamRig(settings, self._generator(), self._ports())

    def open_files(self, paths: Sequence[Path]) -> None:
        """Open files in Clips."""
        self.window.go_to("clips")
        assert self._clips is not None
        self._clips.open_files(list(paths))

    def close(self) -> None:
        """Close the audio device, the ports and the worker processes."""
        self._drum_worker.close()
        self._audio_worker.close()
        for made in (self._player.made, self._ports.made):
            if made is not None:
                made.close()

    def _page_list(self) -> tuple[Page, ...]:
        return (
            Page("jam", "Jam", "jam", "Ctrl+1", self._make_jam),
            Page("clips", "Clips", "clips", "Ctrl+2", self._make_clips),
            Page("vocoder", "Vocoder", "vocoder", "Ctrl+3", self._make_vocoder),
            Page(SETTINGS, "Settings", "settings", "Ctrl+4", self._make_settings),
        )

    def _make_jam(self, context: AppContext) -> Panel:
        from musegen_daw.ui.jam.panel import JamPanel

        return JamPanel(context, self.control)

    def _make_clips(self, context: AppContext) -> Panel:
        from musegen_daw.ui.clips.panel import ClipsPanel

        self._clips = ClipsPanel(context)
        return self._clips

    def _make_vocoder(self, context: AppContext) -> Panel:
        from musegen_daw.ui.vocoder.panel import VocoderPanel

        return VocoderPanel(context, self._current_song)

    def _current_song(self) -> tuple[str, Song] | None:
        clip = None if self._clips is None else self._clips.editor.clip
        if self._clips is None or clip is None:
            return None
        return clip.name, self._clips.current_song()

    def _make_settings(self, context: AppContext) -> Panel:
        from musegen_daw.ui.settings.panel import SettingsPanel

        panel = SettingsPanel(context)
        panel.begin_requested.connect(lambda: self.window.go_to("jam"))
        return panel

    def _remote_drummer(self) -> RemoteDrummer:
        from musegen_daw.workers.remote import RemoteDrummer

        return RemoteDrummer(self._drum_worker, self._drum_model_dir)

    def _drum_model_dir(self) -> Path:
        chosen = self.settings.current.models_dir
        folder = Path(chosen) / "drums"
        return folder if chosen and is_folder(folder) else resources.drum_model_dir()

    def _vocoder(self, name: str) -> MelDecoder:
        def open_vocoder() -> MelDecoder:
            from musegen_daw.workers.remote import RemoteDecoder
            from musegen_daw.workers.tasks import OPEN_VOCODER, VOCODE

            folder = resources.vocoder_dir(name)
            called, mel = self._audio_worker.call(OPEN_VOCODER, folder)
            return RemoteDecoder(called, mel, partial(self._audio_worker.call, VOCODE, folder))

        return self._vocoders.setdefault(name, Once(open_vocoder))()

    def _set_device(self, settings: AppSettings) -> None:
        if self._player.made is not None:
            self._player.made.set_device(settings.audio_device or None)

    def _open_player(self) -> Player:
        from musegen_daw.playback.player import Player

        return Player(self.settings.current.audio_device or None)


def run_smoothly(window: Window) -> None:
    """Tune the interpreter for a responsive window, for the rest of the program."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(*GC_THRESHOLDS)
    window.begun.connect(lambda: QTimer.singleShot(SETTLED_MILLISECONDS, window, lambda: gc.freeze()))


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window and return its exit code; raises MusegenError where it cannot be opened."""
    begun_seconds = time.perf_counter()
    args = _parser().parse_args(argv)
    with logs.logging_to(args.log, beside=(StderrHandler(),) if args.verbose else ()):
        _log.info("musegen-daw %s: window", __version__)
        return _shown(args, begun_seconds)


def _shown(args: argparse.Namespace, begun_seconds: float) -> int:
    application = QApplication.instance() or QApplication(["musegen-daw"])
    assert isinstance(application, QApplication)
    application.setApplicationName("musegen-daw")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("musegen-daw")
    apply_theme(application, "dark")
    session = SessionLock(_data_dir(args.state))
    app = App(session.data_dir)
    run_smoothly(app.window)
    signals = _Signals(app.window)
    _install_error_hook(app.window, verbose=args.verbose)
    if session.sentence:
        app.window.begun.connect(lambda: app.window.line.say(session.sentence, WARN))
    app.window.show()
    QTimer.singleShot(0, app.window, app.window.begin)
    if args.files:
        app.window.begun.connect(lambda: app.open_files(args.files))
    if args.print_start_time:
        app.window.begun.connect(
            lambda: QTimer.singleShot(0, app.window, lambda: _tell_start_time(begun_seconds))
        )
    try:
        return application.exec()
    finally:
        app.window.close()
        app.close()
        signals.close()
        session.close()


def _tell_start_time(begun_seconds: float) -> None:
    print(f"usable after {time.perf_counter() - begun_seconds:.2f} s", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="musegen-daw", description="The window: drums that listen to the part.")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="a clip or project to open")
    parser.add_argument("--state", type=Path, metavar="DIR", help="folder of the session")
    parser.add_argument("--verbose", action="store_true", help="show decisions and tracebacks on stderr")
    parser.add_argument(
        "--log", type=Path, metavar="FILE", help="log decisions of all processes to this file"
    )
    parser.add_argument("--print-start-time", action="store_true", help="tell when the window can be used")
    return parser


def _data_dir(chosen: Path | None) -> Path:
    folder = chosen or user_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MusegenError(f"Cannot make the folder {folder} for the session: {reason(error)}.") from error
    return folder


def _install_error_hook(window: Window, *, verbose: bool) -> None:
    """Show unexpected errors as a sentence in the window, which continues."""

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        _log.error("Unexpected error", exc_info=(kind, error, trace))
        if verbose:
            say("".join(traceback.format_exception(kind, error, trace)).rstrip(), sys.stderr)
        window.line.say(f"Unexpected error: {kind.__name__}: {error}.", BAD)

    sys.excepthook = report


class _Signals:
    """Closes the window on signals that end a program."""

    def __init__(self, window: Window) -> None:
        reader, writer = self._sockets = socket.socketpair()
        for end in self._sockets:
            end.setblocking(False)
        self._old = signal.set_wakeup_fd(writer.fileno())
        self._notifier = QSocketNotifier(reader.fileno(), QSocketNotifier.Type.Read)
        self._notifier.activated.connect(
            lambda: reader.recv(4096)
        )  # returns to Python, which runs the signal handlers
        # Not closed in the handler, which may interrupt an import that a worker waits for.
        handle_endings(lambda *_: QTimer.singleShot(0, window, window.close))

    def close(self) -> None:
        """Restore the former wakeup descriptor."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._old)
        for end in self._sockets:
            end.close()


def run() -> int:
    """`main`, with its errors printed to stderr."""
    try:
        return main()
    except MusegenError as error:
        report_error(error, verbose=False)
        return 1


if __name__ == "__main__":
    sys.exit(run())
