"""Which devices of this machine can play; imports nothing large, for whoever only asks."""

from __future__ import annotations

import atexit
import sys
from dataclasses import dataclass
from typing import Any

from musegen_daw.devices.quiet import quieten
from musegen_daw.errors import AudioError


@dataclass(frozen=True, slots=True)
class AudioDevice:
    """A device that can play: its name, the system it is reached through, its usual sample rate."""

    name: str
    host: str
    sample_rate_hz: int
    is_default: bool


def load_portaudio() -> Any:
    """sounddevice, with its drivers silenced; raises AudioError with what to install where PortAudio is missing."""
    if sys.platform.startswith("linux"):
        quieten("libportaudio.so.2")
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise AudioError(
            "Nothing can be played here, PortAudio is missing: install it (Debian and Ubuntu: sudo apt-get install -y "
            "libportaudio2; macOS and Windows: pip install --force-reinstall sounddevice)."
        ) from error
    # Where the JACK server has ended before, PortAudio's own end aborts the program; the system gives all back as well.
    at_its_end = getattr(sounddevice, "_exit_handler", None)
    if at_its_end is not None:
        atexit.unregister(at_its_end)
    return sounddevice


def output_devices(library: Any = None) -> tuple[AudioDevice, ...]:
    """The devices that can play; raises AudioError where PortAudio is missing or cannot tell."""
    library = library or load_portaudio()
    try:
        hosts = library.query_hostapis()
        found = [device for device in library.query_devices() if device["max_output_channels"] > 0]
        default = library.default.device[1]
    except library.PortAudioError as error:
        raise AudioError(f"The sound devices cannot be listed: {error}.") from error
    return tuple(
        AudioDevice(
            device["name"],
            hosts[device["hostapi"]]["name"],
            round(device["default_samplerate"]),
            device["index"] == default,
        )
        for device in found
    )
