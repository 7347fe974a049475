"""The mix of one clip's drums: mute, solo and level of each voice. Immutable."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from musegen_daw.music.clip import Note
from musegen_daw.music.kit import VOICE_OF_PITCH, VOICES

PERCUSSION = "percussion"
"""What is outside the kit."""
MIXED = (*VOICES, PERCUSSION)
"""What has a mute, a solo and a level of its own."""
FULL_PERCENT, MAX_PERCENT = 100, 200


@dataclass(frozen=True, slots=True)
class VoiceMix:
    """`muted` and `soloed` are names of `MIXED`. A mute is stronger than a solo.

    `levels` are names and percent (0..200) of the velocity, ordered by name, without those at 100.
    """

    muted: frozenset[str] = frozenset()
    soloed: frozenset[str] = frozenset()
    levels: tuple[tuple[str, int], ...] = ()

    def level_percent(self, voice: str) -> int:
        return next((percent for name, percent in self.levels if name == voice), FULL_PERCENT)

    def is_heard(self, voice: str) -> bool:
        is_chosen = not self.soloed or voice in self.soloed
        return is_chosen and voice not in self.muted and self.level_percent(voice) > 0

    def with_mute(self, voice: str, is_on: bool) -> VoiceMix:
        """Raises ValueError for a name that is not mixed, as all of these do."""
        _check(voice)
        return replace(self, muted=self.muted | {voice} if is_on else self.muted - {voice})

    def with_solo(self, voice: str, is_on: bool) -> VoiceMix:
        _check(voice)
        return replace(self, soloed=self.soloed | {voice} if is_on else self.soloed - {voice})

    def with_level(self, voice: str, percent: int) -> VoiceMix:
        """The level is clamped to 0..200."""
        _check(voice)
        held = min(MAX_PERCENT, max(0, percent))
        others = [each for each in self.levels if each[0] != voice]
        own = [] if held == FULL_PERCENT else [(voice, held)]
        return replace(self, levels=tuple(sorted(others + own)))

    def applied(self, notes: Iterable[Note]) -> list[Note]:
        """The hits that are heard, at the velocities they are heard at (1..127)."""
        if self == FLAT:
            return list(notes)
        heard = {voice: self.level_percent(voice) for voice in MIXED if self.is_heard(voice)}
        return [
            note if percent == FULL_PERCENT else replace(note, velocity=_scaled(note.velocity, percent))
            for note in notes
            if (percent := heard.get(mixed_name(note.pitch))) is not None
        ]


FLAT = VoiceMix()
"""Everything is heard as it is written."""


def mixed_name(pitch: int) -> str:
    """The name of `MIXED` that a pitch belongs to."""
    voice = VOICE_OF_PITCH.get(pitch)
    return PERCUSSION if voice is None else VOICES[voice]


def _scaled(velocity: int, percent: int) -> int:
    return min(127, max(1, (velocity * percent + FULL_PERCENT // 2) // FULL_PERCENT))


def _check(voice: str) -> None:
    if voice not in MIXED:
        raise ValueError(f"{voice!r} is not a voice")
