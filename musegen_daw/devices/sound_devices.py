"""Lists output devices, without importing anything large."""

from __future__ import annotations

import atexit
import sys
from dataclasses import dataclass
from typing import Any

from musegen_daw.devices.quiet import quieten
from musegen_daw.errors import AudioError


@dataclass(frozen=True, slots=True)
class AudioDevice:
    """An output device: its name, its host API, its default sample rate."""

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
    # If the JACK server ended first, PortAudio's exit handler aborts the program; the system frees all anyway.
    at_its_end = getattr(sounddevice, "_exit_handler", None)
    if at_its_end is not None:
        atexit.unregister(at_its_end)
    return sounddevice


def output_devices(library: Any = None) -> tuple[AudioDevice, ...]:
    """Raises AudioError where PortAudio is missing or fails."""
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
