"""The computing process: writes the drums it is asked for, and ends when the program that started it is gone."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from musegen_daw.computing import messages
from musegen_daw.drumming.generator import DrumGenerator
from musegen_daw.drumming.request import Cancelled, DrumRequest
from musegen_daw.errors import MusegenError


def main() -> None:
    """Speak over standard input and output until the input ends."""
    # Libraries may write to the standard output; what is said goes where they cannot.
    said = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, said)
    os._exit(0)  # what is still being written is for nobody


def serve(heard: BinaryIO, said: BinaryIO) -> None:
    """Open the model in the folder of the first message, then write what is asked for until the pipe ends."""
    voice = _Voice(said)
    opening = messages.read(heard)
    if opening is None:
        return
    try:
        generator = DrumGenerator.open(Path(opening[1][0]))
    except MusegenError as error:
        voice.say(messages.REFUSED, *messages.error_values(error))
        return
    voice.say(messages.OPENED, generator.name)
    wanted: dict[int, threading.Event] = {}
    while (order := messages.read(heard)) is not None:
        word, (number, *values) = order
        if word == messages.WRITE:
            # One for each request: what a jam needs soon does not wait for takes of a clip.
            _Writing(generator, number, values[0], wanted, voice).start()
        elif word == messages.CANCEL:
            cancelled = wanted.pop(number, None)
            if cancelled is not None:
                cancelled.set()


class _Voice:
    """Says messages to the program, from any thread; to one that is gone it says nothing."""

    def __init__(self, said: BinaryIO) -> None:
        self._said = said
        self._lock = threading.Lock()

    def say(self, word: str, *values: object) -> None:
        data = memoryview(messages.message(word, *values))
        with self._lock, suppress(OSError):
            while data:
                data = data[self._said.write(data) :]


class _Writing(threading.Thread):
    """One request, in `wanted` by its number as long as it is written."""

    def __init__(
        self,
        generator: DrumGenerator,
        number: int,
        request: DrumRequest,
        wanted: dict[int, threading.Event],
        voice: _Voice,
    ) -> None:
        super().__init__(name=f"drums {number}", daemon=True)
        self._generator, self._number, self._request = generator, number, request
        self._wanted, self._voice = wanted, voice
        self._cancelled = wanted[number] = threading.Event()

    def run(self) -> None:
        """Write the drums and say what came of it."""
        try:
            result = self._generator.generate(
                self._request, progress=self._progress, cancelled=self._cancelled.is_set
            )
        except Cancelled:
            return
        except Exception as error:  # noqa: BLE001 - told to whoever asked
            self._voice.say(messages.FAILED, self._number, *messages.error_values(error))
        else:
            self._voice.say(messages.DONE, self._number, result)
        finally:
            self._wanted.pop(self._number, None)

    def _progress(self, done: int, total: int) -> None:
        self._voice.say(messages.PROGRESS, self._number, done, total)
