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
    """Call a function where one is."""
    return function(*arguments, **options)


@dataclass(frozen=True, slots=True)
class AppContext:
    """The parts that panels share.

    The four functions make a thing the first time, which may take seconds, and give the same one again; they are
    for workers, from any of them, and raise a MusegenError. `drum_generator` and `vocoder` (by name or folder) load a
    model, `ports` opens the one directory of MIDI ports, `player` the one way to the sound device. `data_dir` is the
    user's folder for what is kept between sessions and exists.

    `compute` calls a function of a module that takes `progress` and `cancelled`, in another process where there is one:
    what goes in and comes out is copied. It is for workers, too.
    """

    settings: SettingsStore
    data_dir: Path
    drum_generator: Callable[[], DrumWriter]
    vocoder: Callable[[str], MelDecoder]
    ports: Callable[[], PortDirectory]
    player: Callable[[], Player]
    compute: Callable[..., Any] = in_this_process
