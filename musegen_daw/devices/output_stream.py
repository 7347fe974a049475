"""Opens an output stream on a sound device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from musegen_daw.devices.mixer import CHANNELS
from musegen_daw.devices.sound_devices import load_portaudio, output_devices
from musegen_daw.errors import AudioError

FALLBACK_RATE_HZ = 48_000


def open_output(
    callback: Callable[[Any, int, Any, Any], None],
    sample_rate_hz: int,
    device: str | None = None,
    *,
    block_samples: int,
    latency: Literal["low", "high"],
    finished: Callable[[], None] | None = None,
    library: Any = None,
) -> Any:
    """Start a stream of stereo float32 blocks that `callback` fills on a thread of PortAudio.

    `device` is a name (None: the system default); `finished` is called when the stream ends, for whatever reason;
    `library` stands for sounddevice. Raises AudioError where nothing can be played.
    """
    library = library or load_portaudio()
    if device is None and not output_devices(library):
        raise AudioError("No audio device available.")
    try:
        stream = library.OutputStream(
            samplerate=sample_rate_hz, blocksize=block_samples, device=device, channels=CHANNELS,
            dtype="float32", latency=latency, callback=callback, finished_callback=finished,
        )  # fmt: skip
        stream.start()
    except (library.PortAudioError, ValueError) as error:
        raise AudioError(
            f"Nothing can be played on {'the sound device' if device is None else repr(device)}: {error}. "
            "'musegen-daw ports' lists the devices."
        ) from error
    return stream


def usual_rate_hz(device: str | None = None, library: Any = None) -> int:
    """The default sample rate of a device, by default the system's; 48,000 where none is found."""
    try:
        devices = output_devices(library)
    except AudioError:
        return FALLBACK_RATE_HZ
    for found in devices:
        if found.name == device or (device is None and found.is_default):
            return found.sample_rate_hz
    return devices[0].sample_rate_hz if devices and device is None else FALLBACK_RATE_HZ
