"""What the panel lets be heard: up to three sources on a deck, through the player that all panels share."""

from __future__ import annotations

from collections.abc import Iterable

from musegen_daw.errors import MusegenError
from musegen_daw.playback.deck import MIN_LOOP_SECONDS, Deck
from musegen_daw.playback.levels import Levels
from musegen_daw.playback.source import Source
from musegen_daw.ui.context import AppContext

RESULT = "GAN"
"""What is heard as soon as it is there, unless a person chose something else."""


class VocoderPlayback:
    """For the window's thread; nothing here waits for the sound device or fails for want of it."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._deck: Deck | None = None
        self._choice, self._wanted = "", RESULT
        self._loop: tuple[float, float] | None = None
        self._trouble = ""

    @property
    def names(self) -> frozenset[str]:
        """What can be heard."""
        return frozenset(source.name for source in self._deck.sources) if self._deck else frozenset()

    @property
    def choice(self) -> str:
        """What is heard."""
        return self._choice

    @property
    def is_playing(self) -> bool:
        """Whether it plays."""
        return self._deck is not None and self._deck.is_playing

    @property
    def position_seconds(self) -> float:
        """Where in the music it is."""
        return self._deck.position_seconds if self._deck else 0.0

    @property
    def length_seconds(self) -> float:
        """How long the music lasts."""
        return self._deck.length_seconds if self._deck else 0.0

    @property
    def levels(self) -> Levels:
        """How loud it is."""
        return self._deck.levels if self._deck else Levels()

    @property
    def loop(self) -> tuple[float, float] | None:
        """The span that is played round and round."""
        return self._loop

    @property
    def trouble(self) -> str:
        """What keeps it from being heard, as a sentence."""
        if self._trouble or self._deck is None:
            return self._trouble
        try:
            player = self._context.player()
        except MusegenError:
            return ""
        return (player.trouble or "") if player.deck is self._deck else ""

    def load(self, sources: Iterable[Source], sample_rate_hz: int, seconds: float) -> None:
        """Hear these from now on; where they are of the same music, `clear` was not called, the position stays."""
        if self._deck is None or self._deck.sample_rate_hz != sample_rate_hz:
            self.clear()
            self._deck = Deck(sample_rate_hz)
        self._deck.load(sources, seconds)
        names = [source.name for source in self._deck.sources]
        self._choice = self._wanted if self._wanted in names else next(iter(names), "")
        if self._choice:
            self._deck.select(self._choice)

    def clear(self) -> None:
        """Hear nothing."""
        if self._deck is not None:
            self._deck.pause()
        self._deck, self._loop, self._choice = None, None, ""

    def prefer(self, name: str) -> None:
        """Hear this one as soon as it is there."""
        self._wanted = name

    def choose(self, name: str) -> None:
        """Hear another one at the same place."""
        if self._deck is not None and name in self.names:
            self._choice = self._wanted = name
            self._deck.select(name)

    def toggle(self) -> None:
        """Play or pause."""
        if self._deck is None or not self.names:
            return
        if self._deck.is_playing:
            self._deck.pause()
            return
        try:
            self._context.player().play(self._deck)
            self._trouble = ""
        except MusegenError as error:
            self._trouble = str(error)

    def pause(self) -> None:
        """Pause."""
        if self._deck is not None:
            self._deck.pause()

    def seek(self, seconds: float) -> None:
        """Go to a place of the music."""
        if self._deck is not None:
            self._deck.seek(seconds)

    def set_loop(self, loop: tuple[float, float] | None) -> None:
        """Go round over a span; one that is too short is none."""
        if self._deck is None:
            return
        if loop is not None:
            loop = (max(0.0, loop[0]), min(loop[1], self._deck.length_seconds))
            if loop[1] - loop[0] < 2 * MIN_LOOP_SECONDS:
                loop = None
        self._loop = loop
        if loop is None:
            self._deck.set_loop(None)
        else:
            self._deck.set_loop(*loop)
