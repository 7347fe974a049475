"""Styles by name: names for the learned styles, and the style that a few words ask for."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, reduce

import numpy as np
import numpy.typing as npt

from musegen_daw import resource_paths as resources
from musegen_daw.drums.events import clip_hits, model_bars, quantise
from musegen_daw.drums.meter import METERS, Meter, meter_name
from musegen_daw.drums.style import Floats, Style, StyleBook, groove_of
from musegen_daw.drums.style_words import GrooveFacts, describe, steadiness
from musegen_daw.errors import MusegenError
from musegen_daw.midi.file import read_midi
from musegen_daw.music.clip import Clip
from musegen_daw.music.kit import PIECES
from musegen_daw.music.parts import clip_bars
from musegen_daw.music.time import Bar

NEAR_ENOUGH = 0.6
"""The soft F1 from which a learned style takes the name of a bundled groove."""

_STANDS_OUT = 1.0  # the least difference, in hits a bar or the like, that a name mentions
_NAMES = [piece.name for piece in PIECES]
_SUGGESTIONS = 5

_SYNONYMS = {
    "house": "four on the floor",
    "techno": "four on the floor",
    "dance": "four on the floor",
    "edm": "four on the floor",
    "trance": "four on the floor",
    "jazz": "swing",
    "big band": "swing",
    "walking": "swing",
    "bossa nova": "bossa",
    "one drop": "reggae",
    "dub": "reggae",
    "boom bap": "hip hop",
    "hiphop": "hip hop",
    "rap": "hip hop",
    "drum and bass": "breakbeat",
    "drum bass": "breakbeat",
    "drum n bass": "breakbeat",
    "d n b": "breakbeat",
    "dnb": "breakbeat",
    "d'n'b": "breakbeat",
    "jungle": "breakbeat",
    "motown": "soul",
    "country": "train beat",
    "polka": "double time",
    "d beat": "double time",
    "hardcore": "double time",
    "thrash": "metal",
    "halftime": "half time",
    "halftime shuffle": "half time shuffle",
    "purdie": "half time shuffle",
    "purdie shuffle": "half time shuffle",
    "blues": "shuffle",
    "salsa": "latin",
    "military": "march",
    "gallop": "metal gallop",
    "hi hats": "hats",
    "hi hat": "hats",
    "sixteenths": "sixteenth",
    "16th": "sixteenth",
    "eighths": "eighth",
    "8th": "eighth",
    "quarters": "quarter",
}


@dataclass(frozen=True, eq=False)
class _Difference:
    """Words for a difference between styles of the same name, and a measure of it."""

    words: str
    measure: Callable[[GrooveFacts], float]


def _mass(*names: str) -> Callable[[GrooveFacts], float]:
    return lambda groove: float(groove.of(*names).sum())


def _off_beat_kick(groove: GrooveFacts) -> float:
    return float(groove.kick.sum() - groove.kick[::4].sum()) * 1.5


def _ghosts(groove: GrooveFacts) -> float:
    return 1.2 * float(groove.snare.sum() - groove.snare[::4].sum())


_DIFFERENCES = (
    _Difference("with tambourine", _mass("tambourine")),
    _Difference("with shaker", _mass("shaker")),
    _Difference("with cowbell", _mass("cowbell")),
    _Difference("with claps", lambda groove: 2 * _mass("clap")(groove)),
    _Difference("with side stick", lambda groove: 2 * _mass("side stick")(groove)),
    _Difference("with crashes", _mass("crash", "china", "splash")),
    _Difference("with ride", _mass("ride", "ride bell")),
    _Difference("with open hats", _mass("open hat")),
    _Difference("with toms", _mass("low tom", "mid tom", "high tom")),
    _Difference("pedal hats", _mass("pedal hat")),
    _Difference("ghost snares", _ghosts),
    _Difference("syncopated kick", _off_beat_kick),
    _Difference("busy kick", _mass("kick")),
    _Difference("light kick", lambda groove: -_mass("kick")(groove)),
    _Difference("steady", lambda groove: steadiness(groove) / 1.5),
    _Difference("loose", lambda groove: -steadiness(groove) / 1.5),
    _Difference("lighter", lambda groove: -groove.hits / 2),
    _Difference("busier", lambda groove: groove.hits / 2.5),
    _Difference("swung", lambda groove: 6 * groove.triplets),
    _Difference("straight", lambda groove: -6 * groove.triplets),
    _Difference("firm backbeat", lambda groove: 4 * groove.backbeat),
    _Difference("light backbeat", lambda groove: -4 * groove.backbeat),
)


def name_styles(
    patterns: Floats,
    triplets: npt.ArrayLike,
    meters: Sequence[str],
    shares: npt.ArrayLike,
    grooves: Sequence[Style] = (),
) -> tuple[str, ...]:
    """A unique name for every style of a book: patterns (styles, 2, 16, pieces), triplets and shares (styles,).

    A style takes the name of the only one of `grooves` with the same feel, if it is similar. Of styles that the same
    words describe the most common one has that name alone; the others add a difference or a number.
    """
    swing, weights = np.asarray(triplets, np.float64), np.asarray(shares, np.float64)
    heard = [
        GrooveFacts(pattern, float(swing[code]), METERS.get(meters[code], Meter(16, is_compound=False)))
        for code, pattern in enumerate(patterns)
    ]
    feels = tuple((_feel(each), each) for each in grooves)
    words = [_words(groove, meters[code], feels) for code, groove in enumerate(heard)]
    names = [""] * len(words)
    taken = {_plain(groove.name) for groove in grooves}
    for name in dict.fromkeys(words):
        own = sorted(
            (code for code, each in enumerate(words) if each == name), key=lambda code: -weights[code]
        )
        for place, code in enumerate(own):
            names[code] = next(
                each for each in _candidate_names(name, heard, code, own[:place]) if each not in taken
            )
            taken.add(names[code])
    return tuple(names)


def _words(groove: GrooveFacts, meter: str, feels: Sequence[tuple[str, Style]]) -> str:
    """The words for a groove, with the name of the similar bundled groove in place of the feel."""
    own = describe(groove.pattern, groove.triplets, meter)
    feel, *rest = own.split(", ")
    alike = [each for own_feel, each in feels if each.meter == meter and own_feel == feel]
    if len(alike) != 1 or soft_f1(groove.pattern, alike[0].pattern) < NEAR_ENOUGH:
        return own
    lent = alike[0].name
    return own if _plain(lent) in _plain(feel) else ", ".join([lent, *rest])


def _feel(style: Style) -> str:
    return describe(style.pattern, style.triplets, style.meter).split(", ")[0]


def _candidate_names(
    name: str, heard: Sequence[GrooveFacts], code: int, before: Sequence[int]
) -> Iterator[str]:
    """The name alone, then with differences from the styles `before`, then with numbers."""
    if not before:
        yield name
    found: list[tuple[float, str]] = []
    for difference in _DIFFERENCES:
        own = difference.measure(heard[code])
        apart = own - max((difference.measure(heard[other]) for other in before), default=own)
        repeats = any(word in name for word in difference.words.split() if word not in ("with", "kick"))
        if apart >= _STANDS_OUT and not repeats:
            found.append((apart, difference.words))
    for _, words in sorted(found, key=lambda pair: -pair[0]):
        yield f"{name}, {words}"
    for number in range(2, len(heard) + 3):
        yield f"{name} {number}"


def soft_f1(one: Floats, other: Floats) -> float:
    """The similarity of two grooves: 1 for the same, 0 without a common hit."""
    return 2 * float(np.minimum(one, other).sum()) / max(1e-6, float(one.sum() + other.sum()))


@cache
def bundled_grooves() -> tuple[Style, ...]:
    """The bundled grooves as styles of code -1, sorted by name."""
    found: list[Style] = []
    for name in resources.style_names():
        song = read_midi(resources.style_path(name))
        drums = reduce(Clip.merge, song.drums)
        found.append(style_of_drums(drums, clip_bars(song.time_map, [drums]), name))
    return tuple(found)


def style_of_drums(clip: Clip, bars: Sequence[Bar], name: str) -> Style:
    """The style of a loop: the mean of its even and of its odd bars, in its most common meter.

    `bars` are written bars at the PPQ of `clip`. Raises MusegenError where they have no hits.
    """
    parts, _ = model_bars(bars, clip.ppq)
    hits = quantise(clip_hits(clip, parts))
    if len(hits) == 0:
        raise MusegenError(f"{name!r} has no drums to take a style from.")
    meters = [meter_name(bar, clip.ppq) for bar in parts]
    played = set(hits["bar"].tolist())
    commonest = Counter(meters[bar] for bar in sorted(played)).most_common(1)[0][0]
    own = [bar for bar, meter in enumerate(meters) if meter == commonest]
    pattern, triplets = groove_of(hits, own)
    return Style(pattern, triplets, name, -1, commonest)


def find_style(text: str, book: StyleBook, grooves: Sequence[Style]) -> Style:
    """The style for a code of `book`, a name in `grooves` or `book`, or words that describe one.

    Of several the most common. A groove gets the code of the most similar style. Raises MusegenError, with the closest
    names, where nothing matches.
    """
    wanted = _plain(text)
    if wanted.isdecimal():
        code = int(wanted[:9])
        if len(wanted) <= 9 and code < len(book):
            return book[code]
        raise MusegenError(f"There is no style {wanted[:9]}; there are {len(book)} styles, numbered from 0.")
    tried = tuple(dict.fromkeys((wanted, _without_synonyms(wanted)))) if wanted else ()
    for look in (_by_name, _by_words):
        for words in tried:
            found = look(words, book, grooves)
            if found is not None:
                return found
    near = _nearest_names(wanted, [*book.names, *(groove.name for groove in grooves)])
    listed = ", ".join(repr(name) for name in near)
    raise MusegenError(f"There is no style {text.strip()[:60]!r}; the nearest are {listed or 'none'}.")


def style_search_words(style: Style) -> frozenset[str]:
    """The words of a style's name and of its description, lower case."""
    return frozenset((*_plain(style.name).split(), *_described(style).split()))


def words_to_find(text: str) -> tuple[tuple[str, ...], ...]:
    """The words of a search, and those with synonyms replaced; none for an empty text."""
    words = _plain(text)
    wordings = dict.fromkeys((words, _without_synonyms(words)))
    return tuple(tuple(each.split()) for each in wordings if each)


def _nearest_names(wanted: str, names: Sequence[str]) -> list[str]:
    """Up to five names: first those that share words with `wanted`, then the closest in spelling."""
    asked = set(wanted.split())

    def nearness(name: str) -> tuple[int, float]:
        plain = _plain(name)
        return len(asked & set(plain.split())), difflib.SequenceMatcher(None, wanted, plain).ratio()

    return sorted(dict.fromkeys(names), key=nearness, reverse=True)[:_SUGGESTIONS]


def _by_name(words: str, book: StyleBook, grooves: Sequence[Style]) -> Style | None:
    for groove in grooves:
        if _plain(groove.name) == words:
            code = book.nearest(groove.pattern, groove.triplets, groove.meter) if len(book) else -1
            return replace(groove, code=code)
    return next((book[code] for code, name in enumerate(book.names) if _plain(name) == words), None)


def _by_words(words: str, book: StyleBook, grooves: Sequence[Style]) -> Style | None:
    asked = set(words.split())
    fitting = [
        (float(book.shares[code]), -code)
        for code in range(len(book))
        if asked <= {*_plain(book.names[code]).split(), *_described(book[code]).split()}
    ]
    if fitting:
        return book[-max(fitting)[1]]
    for groove in grooves:
        if asked <= {*_plain(groove.name).split(), *_described(groove).split()}:
            return _by_name(_plain(groove.name), book, grooves)
    return None


def _described(style: Style) -> str:
    return _plain(describe(style.pattern, style.triplets, style.meter))


def _plain(text: str) -> str:
    """Lower-case words without punctuation."""
    return " ".join(re.sub(r"[^\w/']+", " ", text.casefold().replace("_", " ")).split())


def _without_synonyms(words: str) -> str:
    """The words with synonyms replaced, the longest first."""
    choices = "|".join(re.escape(each) for each in sorted(_SYNONYMS, key=len, reverse=True))
    return re.sub(rf"(?<![\w'])(?:{choices})(?![\w'])", lambda found: _SYNONYMS[found.group()], words)
