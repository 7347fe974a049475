"""What a person asks the Vocoder panel for, as values; imports nothing that is slow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from musegen_daw.music.clip import Song


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """What is to be resynthesised: a file, or a song with its name; and the scale of its mel where that is named."""

    path: Path | None = None
    song: Song | None = None
    name: str = ""
    scale: str | None = None


@dataclass(frozen=True, slots=True)
class MelEdits:
    """How the mel is changed before it is decoded."""

    stretch: float = 1.0
    semitones: float = 0.0

    @property
    def text(self) -> str:
        """As it is written beside a result; empty where nothing is changed."""
        parts = []
        if self.stretch != 1:
            parts.append(f"× {self.stretch:g}")
        if self.semitones:
            parts.append(f"{self.semitones:+g} st".replace("-", "−"))
        return ", ".join(parts)
