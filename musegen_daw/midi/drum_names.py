"""Drums on a channel that does not say so: a track whose name and pitches both do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from musegen_daw.music.kit import VOICE_OF_PITCH, VOICES

_SAYS_DRUMS = re.compile(
    r"\b(drums?|drum ?(kit|set|machine|track|loop|part)s?|percussions?|perc|schlagzeug|drumki?t|batteria|batterie|"
    r"bater[ií]a|percusi[oó]n|percuss[aã]o|perkusja|bicie|slagverk|trommeln?|tr-?[89]0[89])\b|"
    r"ドラム|ﾄﾞﾗﾑ|打楽器|パーカッション|ударны|барабан|перкусси",
    re.IGNORECASE,
)
_SAYS_ELSE = re.compile(
    r"\b(steel|bass|basse|pad|taiko|timpani|melodic|tuned|chromatic|mallets?|vibes|marimba|choir|piano|guitar|keys|"
    r"organ|synth|lead|strings?|no|without|minus|sans|ohne|sin)\b|drumless|бас\b|без\b",
    re.IGNORECASE,
)
_MIN_HITS = 4
_KIT_SHARE, _CORE_SHARE = 0.9, 0.5
_CORE = frozenset(map(VOICES.index, ("kick", "snare", "closed hat", "open hat")))
_PERCUSSION = range(27, 88)  # General MIDI 2 percussion key map


def plays_drums(name: str, pitches: Iterable[int]) -> bool:
    """Whether `name` calls a track drums and its notes are those of a General MIDI kit.

    Strict, for a part that is taken as drums is no longer followed: nearly all notes lie on the percussion map, half
    of them on kick, snare and hats, of which at least two are played.
    """
    if not _SAYS_DRUMS.search(name) or _SAYS_ELSE.search(name):
        return False
    counts = Counter(pitches)
    total = counts.total()
    if total < _MIN_HITS or sum(counts[pitch] for pitch in _PERCUSSION) < _KIT_SHARE * total:
        return False
    core = Counter[int]()
    for pitch, count in counts.items():
        voice = VOICE_OF_PITCH.get(pitch)
        if voice in _CORE:
            core[voice] += count
    return len(core) >= 2 and core.total() >= _CORE_SHARE * total
