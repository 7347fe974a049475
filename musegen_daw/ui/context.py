"""What every panel is given: settings, and how to open models, ports and the sound device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musegen_daw.ui.settings.store import SettingsStore

if TYPE_CHECKING:
    from musegen_daw.devices.ports import PortDirectory
    from musegen_daw.drums.job import DrumWriter
    from musegen_daw.playback.player import Player
    from musegen_daw.vocoder.decoder import MelDecoder


def in_this_process(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    return function(*arguments, **options)


@dataclass(frozen=True, slots=True)
class AppContext:
    """What panels share.

    The four functions may take seconds when first called, and return the same object from then on; they are for
    workers, on any thread, and raise MusegenError. `drum_generator` and `vocoder` (by name or folder) load a model,
    `ports` opens the MIDI ports, `player` the sound device. `data_dir` is an existing folder for what is kept between
    sessions.

    `compute` calls a module's function that takes `progress` and `cancelled`, in another process if there is one:
    arguments and results are copied. It is for workers, too.
    """

    settings: SettingsStore
    data_dir: Path
    drum_generator: Callable[[], DrumWriter]
    vocoder: Callable[[str], MelDecoder]
    ports: Callable[[], PortDirectory]
    player: Callable[[], Player]
    compute: Callable[..., Any] = in_this_process
