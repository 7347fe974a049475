"""Plays one deck at a time on the sound device, which is opened and closed on a thread of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from musegen_daw.devices.mixer import CHANNELS
from musegen_daw.devices.output_stream import open_output, usual_rate_hz
from musegen_daw.errors import AudioError
from musegen_daw.playback.deck import Deck
from musegen_daw.playback.source import Audio

BLOCK_SAMPLES = 512
FADE_OUT_SECONDS = 0.2
LOST = "The sound device is gone. Reconnect it or choose another one in the settings, then play."


class Player:
    """One output stream for all decks; no method waits for the device, or fails without one, but `close` and `wait`.

    `trouble` is the error message while there is no sound, else None. `device` is a name, None for the system default;
    `library` replaces sounddevice. Not thread-safe.
    """

    def __init__(self, device: str | None = None, library: Any = None) -> None:
        self.trouble: str | None = None
        self.underflows = 0
        self._device = device
        self._library = library
        self._deck: Deck | None = None
        self._fading: Deck | None = None
        self._sound = np.zeros((BLOCK_SAMPLES, CHANNELS), np.float32)
        self._stream: Any = None
        self._stream_rate_hz = 0
        self._rate_hz: int | None = None
        self._worker: ThreadPoolExecutor | None = None
        self._closed = False

    @property
    def sample_rate_hz(self) -> int:
        """The best rate for decks; the first call queries the device, which can take a while."""
        if self._rate_hz is None:
            self._rate_hz = usual_rate_hz(self._device, self._library)
        return self._rate_hz

    @property
    def deck(self) -> Deck | None:
        """The current deck, or the last one."""
        return self._deck

    def play(self, deck: Deck) -> None:
        """Play `deck`, and pause the one before."""
        if self._deck is not None and self._deck is not deck:
            self._deck.pause()
            self._fading = self._deck
        self._deck = deck
        self.trouble = None
        deck.play()
        self._later(self._open_for, deck)

    def pause(self) -> None:
        """Fade out and keep the position."""
        if self._deck is not None:
            self._deck.pause()

    def set_device(self, device: str | None) -> None:
        if device != self._device:
            self._device = device
            self._rate_hz = None
            self.release()

    def release(self) -> None:
        """Pause and close the device for others; `play` opens it again."""
        self.pause()
        self._later(self._give_back)

    def close(self) -> None:
        """Close the device for good and wait for that; a second call does nothing."""
        self.release()
        self._closed = True
        if self._worker is not None:
            self._worker.shutdown()
            self._worker = None

    def wait(self) -> None:
        """Wait until the device has done everything so far."""
        if self._worker is not None:
            self._worker.submit(lambda: None).result()

    def _later(self, work: Callable[..., None], *arguments: Any) -> None:
        if self._closed:
            return
        if self._worker is None:
            self._worker = ThreadPoolExecutor(1, "sound device")
        self._worker.submit(work, *arguments)

    def _open_for(self, deck: Deck) -> None:
        if self._stream is not None and self._stream_rate_hz == deck.sample_rate_hz and self._stream.active:
            self._tell_latency()
            return
        self._give_back()
        try:
            self._stream = open_output(
                self._fill,
                deck.sample_rate_hz,
                self._device,
                block_samples=BLOCK_SAMPLES,
                latency="high",
                library=self._library,
                finished=self._finished,
            )
        except AudioError as error:
            deck.pause()
            self.trouble = str(error)
        else:
            self._stream_rate_hz = deck.sample_rate_hz
            self._tell_latency()

    def _tell_latency(self) -> None:
        if self._deck is not None:
            self._deck.latency_seconds = float(self._stream.latency)

    def _give_back(self) -> None:
        stream, self._stream = self._stream, None
        if stream is None:
            return
        end_seconds = time.monotonic() + FADE_OUT_SECONDS
        while self._deck is not None and self._deck.is_sounding and time.monotonic() < end_seconds:
            time.sleep(FADE_OUT_SECONDS / 20)
        stream.close()

    def _finished(self) -> None:
        # Called by PortAudio; after `_give_back` there is no stream.
        if self._stream is not None and self._deck is not None and self._deck.is_playing:
            self.trouble = LOST
            self._deck.pause()

    def _fill(self, out: Audio, frames: int, times: Any, status: Any) -> None:
        # Called by PortAudio on its real-time thread: nothing here can wait.
        self.underflows += bool(status.output_underflow)
        out.fill(0)
        for deck in (self._fading, self._deck):
            if deck is None or deck.sample_rate_hz != self._stream_rate_hz:
                continue
            sound = self._sound[:frames]
            deck.fill(sound)
            out += sound
        np.clip(out, -1, 1, out=out)
        if self._fading is not None and not self._fading.is_sounding:
            self._fading = None
