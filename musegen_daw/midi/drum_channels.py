"""Which channels and tracks are drums: by GM, GM2, GS and XG messages, or by the name and pitches of a track."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable

from musegen_daw.music.kit import DRUM_CHANNEL, VOICE_OF_PITCH, VOICES

_XG_DRUM_BANKS = (126, 127)  # SFX kits and drum kits (Yamaha XG Specifications 1.35)
_XG_KITS = frozenset({0, 1, 8, 16, 24, 25, 32, 40, 48})
_GM2_DRUM_BANK, _GM2_MELODIC_BANK = 120, 121  # General MIDI 2, bank select
_ROLAND, _YAMAHA, _UNIVERSAL_NON_REAL_TIME = 0x41, 0x43, 0x7E
_GS_MODEL, _XG_MODEL, _DATA_SET = 0x42, 0x4C, 0x12
_GS_RESET = (0x40, 0x00, 0x7F)
_GS_RHYTHM_PART = 0x15  # of 40 1x 15, USE FOR RHYTHM PART: 0 off, else map 1 or 2
_XG_ON = (0x00, 0x00, 0x7E)
_XG_PART_MODE = 0x07  # of 08 pp 07: 0 normal, else drums
_GM_ON = (1, 3)  # of General MIDI System messages: GM1 on and GM2 on

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

SysEx = tuple[int, int, bytes]
"""(ticks, port, what follows F0)"""


class DrumChannels:
    """Tells which channels are drums; a channel is 16 times its port plus its number from 0.

    Reads the system exclusive messages of a file in order of time. In a file that turns GS on, the drum banks of XG
    and GM2 are variations of instruments. Banks 126 and 127 are CM-64 sounds, also in files that turn nothing on, so
    there the program must be one of the kits.
    """

    def __init__(self, messages: Iterable[SysEx]) -> None:
        self._modes: dict[int, list[tuple[int, bool | None]]] = {}
        has_gs = has_xg = False
        for ticks, port, payload in sorted(messages, key=lambda message: message[0]):
            body = payload.removesuffix(b"\xf7")
            for address, value in _addressed(body):
                has_gs |= body[0] == _ROLAND
                has_xg |= body[0] == _YAMAHA and address == _XG_ON
                self._take(body[0], address, value, ticks, port)
            if _turns_gm_on(body):
                self._reset(ticks, port)
        self._has_xg = has_xg
        self._has_gs = has_gs and not has_xg

    def of(self, channel: int, bank: int, program: int, ticks: int) -> bool:
        """Whether `channel` is drums at `ticks`; `bank` is 128 times controller 0 plus controller 32."""
        by_bank = None if self._has_gs else _of_bank(bank, program, has_xg=self._has_xg)
        if by_bank is not None:
            return by_bank
        modes = self._modes.get(channel)
        if modes:
            index = bisect_right(modes, ticks, key=lambda mode: mode[0]) - 1
            mode = modes[index][1] if index >= 0 else None
            if mode is not None:
                return mode
        return channel & 0x0F == DRUM_CHANNEL

    def changes(self, channel: int) -> bool:
        """Whether `of` depends on the time."""
        return channel in self._modes

    def _take(self, maker: int, address: tuple[int, int, int], value: int, ticks: int, port: int) -> None:
        high, middle, low = address
        if address == (_GS_RESET if maker == _ROLAND else _XG_ON):
            self._reset(ticks, port)
        elif maker == _ROLAND and high == 0x40 and middle >> 4 == 1 and low == _GS_RHYTHM_PART:
            self._set(_gs_channel(middle & 0x0F) | port << 4, ticks, value != 0)
        elif maker == _YAMAHA and high == 0x08 and middle < 16 and low == _XG_PART_MODE:
            self._set(middle | port << 4, ticks, value != 0)

    def _set(self, channel: int, ticks: int, is_drum: bool | None) -> None:
        self._modes.setdefault(channel, []).append((ticks, is_drum))

    def _reset(self, ticks: int, port: int) -> None:
        for channel in range(port << 4, (port + 1) << 4):
            modes = self._modes.get(channel)
            if modes and modes[-1][1] is not None:
                self._set(channel, ticks, None)


def says_drums(channel: int, bank: int, program: int) -> bool:
    """Whether a channel is drums in a file without system exclusive messages."""
    by_bank = _of_bank(bank, program, has_xg=False)
    return channel & 0x0F == DRUM_CHANNEL if by_bank is None else by_bank


def _of_bank(bank: int, program: int, *, has_xg: bool) -> bool | None:
    coarse = bank >> 7
    if coarse == _GM2_DRUM_BANK or (coarse in _XG_DRUM_BANKS and (has_xg or program in _XG_KITS)):
        return True
    return False if coarse == _GM2_MELODIC_BANK else None


def _addressed(body: bytes) -> list[tuple[tuple[int, int, int], int]]:
    """The addresses of a GS data set or an XG parameter change, each with its value."""
    if len(body) >= 9 and body[0] == _ROLAND and body[2] == _GS_MODEL and body[3] == _DATA_SET:
        if sum(body[4:]) & 0x7F:
            return []  # a receiver ignores what has a wrong checksum
        address, values = body[4:7], body[7:-1]
    elif len(body) >= 7 and body[0] == _YAMAHA and body[1] >> 4 == 1 and body[2] == _XG_MODEL:
        address, values = body[3:6], body[6:]
    else:
        return []
    high, middle, low = address
    return [((high, middle, low + offset), value) for offset, value in enumerate(values)]


def _turns_gm_on(body: bytes) -> bool:
    return len(body) == 4 and body[0] == _UNIVERSAL_NON_REAL_TIME and body[2] == 9 and body[3] in _GM_ON


def _gs_channel(part: int) -> int:
    """The channel of a GS part: part 0 is channel 10, parts 1 to 9 channels 1 to 9, A to F channels 11 to 16."""
    return DRUM_CHANNEL if part == 0 else part - 1 if part <= 9 else part


def plays_drums(name: str, pitches: Iterable[int]) -> bool:
    """Whether `name` says drums and the pitches are those of a General MIDI kit.

    Strict, because drums are not followed: nearly all notes are on the percussion map, half of them on kick, snare
    and hats, of which at least two are played.
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
