"""RemoteDecoder: a decoder of mels that is at work in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from musegen_daw.progress import IsCancelled
from musegen_daw.vocoder.decoder import MelDecoder, Progress
from musegen_daw.vocoder.mel import Floats, MelConfig


class RemoteDecoder(MelDecoder):
    """Gives what `vocode` gives, which is called with a mel, `progress` and `cancelled`: the audio as one block."""

    def __init__(self, name: str, mel: MelConfig, vocode: Callable[..., Floats]) -> None:
        super().__init__(name, mel)
        self._vocode = vocode

    def _decode(self, mel: Floats) -> Iterator[Floats]:
        yield self._vocode(mel)

    def _watched(
        self, mel: Floats, progress: Progress | None, cancelled: IsCancelled | None
    ) -> Iterator[Floats]:
        yield self._vocode(mel, progress=progress, cancelled=cancelled)


def vocode_with(
    decoder: MelDecoder,
    mel: Floats,
    *,
    progress: Progress | None = None,
    cancelled: IsCancelled | None = None,
) -> Floats:
    """`decoder.vocode`, as a task for another process."""
    return decoder.vocode(mel, progress, cancelled)
