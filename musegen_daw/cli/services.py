"""What commands open: models, renderer, ports and the window, each imported when first needed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from musegen_daw.devices import sound_devices
from musegen_daw.devices.ports import PortDirectory
from musegen_daw.devices.survey import ListDevices
from musegen_daw.drums.job import DrumWriter, OpenGenerator
from musegen_daw.errors import MusegenError
from musegen_daw.music.clip import Song
from musegen_daw.progress import Progress
from musegen_daw.vocoder.options import DecoderOptions

if TYPE_CHECKING:
    from musegen_daw.playback.bounce import BounceReport
    from musegen_daw.vocoder.decoder import MelDecoder

OpenDecoder = Callable[[DecoderOptions], "MelDecoder"]
OpenPorts = Callable[[str | None], PortDirectory]
OpenWindow = Callable[[list[str]], int]


class BounceSong(Protocol):
    """See `playback.bounce.bounce`."""

    def __call__(
        self,
        song: Song,
        path: Path,
        *,
        soundfont: Path | None,
        sample_rate_hz: int = ...,
        stems_dir: Path | None = ...,
        loop: bool = ...,
        progress: Progress | None = ...,
    ) -> BounceReport: ...


def _generator(model_dir: Path) -> DrumWriter:
    from musegen_daw.drums.generator import DrumGenerator

    return DrumGenerator.open(model_dir)


def _bounced(song: Song, path: Path, **options: Any) -> BounceReport:
    from musegen_daw.playback.bounce import bounce

    return bounce(song, path, **options)


def _decoder(options: DecoderOptions) -> MelDecoder:
    from musegen_daw.vocoder.decoders import open_decoder

    return open_decoder(options)


def has_screen() -> bool:
    variables = "DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in variables)


def _window(arguments: list[str]) -> int:
    try:
        from musegen_daw import app
    except ImportError as error:
        raise MusegenError(
            f"The window cannot be opened, a library of Qt is missing ({error}): on Debian and Ubuntu run "
            "sudo apt-get install -y libegl1 libxkbcommon0 libdbus-1-3 libxcb-cursor0."
        ) from error
    return app.main(arguments)


@dataclass(frozen=True, slots=True)
class Services:
    """The functions that open models, ports and the window; a test passes its own."""

    open_generator: OpenGenerator = _generator
    bounce_song: BounceSong = _bounced
    open_decoder: OpenDecoder = _decoder
    open_ports: OpenPorts = PortDirectory.open
    list_devices: ListDevices = field(default=sound_devices.output_devices)
    open_window: OpenWindow | None = None

    def show_window(self, arguments: list[str]) -> int:
        """Open the window and return its exit code; raises MusegenError."""
        return (self.open_window or _window)(arguments)
