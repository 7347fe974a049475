"""Detect the encoding of text in a MIDI file: UTF-8, Shift-JIS, Windows-1251 or Windows-1252."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import groupby

_TAGS = ((b"{@JP}", "cp932"), (b"{@LATIN}", "cp1252"))  # SMF Lyric Meta Event Definition (MMA RP-026)
_LATIN, _CYRILLIC, _JAPANESE = "cp1252", "cp1251", "cp932"
_UTF8_SHARE = 0.75
_SAMPLE_BYTES = 4096
_UNREADABLE = "\ufffd"
_WORD = re.compile(r"[^\W\d_]+")
_LONE_KANJI = re.compile("[a-z][\u4e00-\u9fff](?![\u3041-\u9fff])")
_CYRILLIC_VOWELS = frozenset("аеёиоуыэюяіїєАЕЁИОУЫЭЮЯІЇЄ")
_USUAL_SIGNS = frozenset("©®«»°¿¡ºª№§·–—‘’“”„…•™€")


def text_decoder(texts: Iterable[bytes]) -> Callable[[bytes], str]:
    """A decoder for the texts of a file, with the encoding guessed from all of them.

    UTF-8 where most non-ASCII bytes are valid, else the encoding of a lyric tag, else the one in which the text looks
    most like writing. Windows-1252 stands for Latin-1, which it contains.
    """
    encoding = _encoding(list(texts))

    def decode(text: bytes) -> str:
        if not text.isascii():
            return _decoded(text, encoding).rstrip("\0")
        for tag, _ in _TAGS:
            text = text.removeprefix(tag)
        return text.decode("ascii").rstrip("\0")

    return decode


def _encoding(texts: Collection[bytes]) -> str:
    foreign = [text for text in texts if not text.isascii()]
    if not foreign:
        return "utf-8"
    valid = sum(map(_foreign_bytes, filter(_is_utf8, foreign)))
    if valid >= _UTF8_SHARE * sum(map(_foreign_bytes, foreign)):
        return "utf-8"
    for tag, encoding in _TAGS:
        if any(text.startswith(tag) for text in texts):
            return encoding
    sample = list(_sample(foreign))
    scores = {
        _LATIN: sum(map(_latin_score, sample)),
        _CYRILLIC: sum(map(_cyrillic_score, sample)),
        _JAPANESE: sum(map(_japanese_score, sample)),
    }
    return max(scores, key=scores.__getitem__)


def _sample(texts: Iterable[bytes]) -> Iterator[bytes]:
    """Enough text to tell the encoding, without repeated lines."""
    size = 0
    for text in dict.fromkeys(texts):
        yield text[:_SAMPLE_BYTES]
        size += len(text)
        if size > _SAMPLE_BYTES:
            return


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _foreign_bytes(text: bytes) -> int:
    return sum(byte >= 0x80 for byte in text)


def _decoded(text: bytes, encoding: str) -> str:
    for tag, _ in _TAGS:
        text = text.removeprefix(tag)
    for each in (encoding, "utf-8", _LATIN):
        try:
            return text.decode(each)
        except UnicodeDecodeError:
            continue
    return text.decode(_LATIN if encoding == "utf-8" else encoding, "replace")


def _latin_score(text: bytes) -> float:
    """Non-ASCII letters are single, among ASCII letters."""
    decoded = text.decode(_LATIN, "replace")
    score = sum(_sign_score(char) for char in decoded)
    for word in _WORD.findall(decoded):
        runs = [len(list(run)) for foreign, run in groupby(word, lambda char: char > "\x7f") if foreign]
        is_mixed = sum(runs) < len(word)
        for run in runs:
            score += run if is_mixed and run <= 2 else 0.4 if run == 1 else -run
    return score


def _cyrillic_score(text: bytes) -> float:
    """Words consist of non-ASCII letters, have vowels, and no capital after a small letter."""
    decoded = text.decode(_CYRILLIC, "replace")
    score = sum(_sign_score(char) for char in decoded)
    for word in _WORD.findall(decoded):
        foreign = sum(char > "\x7f" for char in word)
        if not foreign:
            continue
        is_odd = foreign < len(word) or (len(word) > 2 and not _CYRILLIC_VOWELS & set(word))
        is_odd = is_odd or not (word.islower() or word.isupper() or word[1:].islower())
        common = sum("А" <= char <= "я" for char in word)
        score += -foreign if is_odd else common if len(word) > 1 else 0.3
    return score


def _sign_score(char: str) -> float:
    """For characters that are not letters."""
    if char <= "\x7f" or char.isalpha():
        return 0.0
    return 0.3 if char in _USUAL_SIGNS else -2.0 if char == _UNREADABLE else -1.0


def _japanese_score(text: bytes) -> float:
    """Kana and common kanji of one or two bytes; half-width kana come in runs."""
    decoded = text.decode(_JAPANESE, "replace")
    score = -4.0 * len(_LONE_KANJI.findall(decoded))
    for is_half, run in groupby(decoded, lambda char: "\uff61" <= char <= "\uff9f"):
        chars = list(run)
        if is_half:
            score += _half_width_score("".join(chars))
        else:
            score += sum(map(_full_width_score, chars))
    return score


def _half_width_score(run: str) -> float:
    """A voicing mark follows a kana with a voiced form, the long mark and small kana follow another kana."""
    if len(run) == 1:
        return -1.0
    marks = sum(char in "ﾞﾟｰｯｬｭｮﾝ" for char in run)
    odd = run[0] in "ﾞﾟｰｯｬｭｮﾝ" or re.search("[^ｳｶ-ﾄﾊ-ﾎ]ﾞ|[^ﾊ-ﾎ]ﾟ", run) is not None
    return -len(run) if odd else 0.6 * len(run) + 0.8 * marks


def _full_width_score(char: str) -> float:
    if char <= "\x7f":
        return 0.0
    if "\u3041" <= char <= "\u30fe":
        return 2.0
    if "\u4e00" <= char <= "\u9fff":
        return 1.2 if 0x88 <= char.encode(_JAPANESE)[0] <= 0x97 else -0.5
    if "\u3000" <= char <= "\u303f" or "\uff01" <= char <= "\uff5e" or "\u2460" <= char <= "\u2469":
        return 1.0
    return -2.0 if char == _UNREADABLE else -1.0
