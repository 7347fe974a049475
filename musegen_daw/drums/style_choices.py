"""The styles that a person can choose from, by how well they fit the part or a tapped rhythm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from musegen_daw.drums.style import Style, StyleBook
from musegen_daw.drums.style_names import style_search_words, words_to_find


@dataclass(frozen=True, slots=True)
class StyleChoice:
    """A style, the words that find it, and how well it fits the part: 1 the best, 0 not at all."""

    style: Style
    words: frozenset[str]
    fit: float

    @property
    def name(self) -> str:
        return self.style.name


def style_choices(
    book: StyleBook, grooves: Sequence[Style], fits: Sequence[float]
) -> tuple[StyleChoice, ...]:
    """The styles and bundled grooves of the part's meter, the best fitting first.

    `fits` are the probabilities of `DrumGenerator.style_fits` (styles of the book,). A groove fits as well as the style
    most similar to it. The square root keeps what is unlikely but possible visible.
    """
    most = max(fits, default=0.0)
    score = np.sqrt(np.array(fits, float) / most) if most > 0 else np.zeros(len(fits))
    found = [
        StyleChoice(book[code], style_search_words(book[code]), float(score[code]))
        for code in range(len(book))
        if fits[code] > 0
    ]
    meters = {choice.style.meter for choice in found}
    for groove in grooves:
        if groove.meter in meters:
            code = book.nearest(groove.pattern, groove.triplets, groove.meter)
            own = replace(groove, code=code)
            found.append(StyleChoice(own, style_search_words(own), float(score[code])))
    return tuple(sorted(found, key=lambda choice: -choice.fit))


def matching(choices: Sequence[StyleChoice], text: str) -> tuple[StyleChoice, ...]:
    """The choices that words describe, also the beginning of a word; all of them for no words."""
    wordings = words_to_find(text)
    if not wordings:
        return tuple(choices)
    return tuple(choice for choice in choices if any(_has(choice.words, words) for words in wordings))


def _has(words: frozenset[str], wanted: Sequence[str]) -> bool:
    return all(any(word.startswith(each) for word in words) for each in wanted)
