"""Duplicates in a whole corpus: the same bytes, or nearly the same content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]

SIGNATURE_SIZE = 32
KEPT, SAME_BYTES, ALIKE = 0, 1, 2
REASONS = {SAME_BYTES: "duplicate, the same bytes", ALIKE: "duplicate, nearly the same content"}

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def mixed(words: npt.ArrayLike) -> Words:
    """Well mixed 64-bit words of words: the finaliser of SplitMix64 (Steele, Lea and Flood, 2014)."""
    word = np.asarray(words).astype(np.uint64) + _GOLDEN
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


_SEEDS = mixed(np.arange(1, SIGNATURE_SIZE + 1, dtype=np.uint64))


def signature(words: Words) -> npt.NDArray[np.uint32]:
    """The MinHash (SIGNATURE_SIZE,) of a set of words (n,): two agree in as large a share as their sets do.

    A. Z. Broder, On the resemblance and containment of documents, 1997. An empty set has its own signature.
    """
    if len(words) == 0:
        return np.zeros(SIGNATURE_SIZE, np.uint32)
    least = mixed(words[None, :] ^ _SEEDS[:, None]).min(axis=1)
    return (least >> np.uint64(32)).astype(np.uint32)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much of two signatures must agree; only those are compared that agree in one of `bands` equal pieces."""

    bands: int
    min_agreement: int


NEARLY_THE_SAME = Likeness(8, 26)  # of 32: contents that share about four fifths
ENCODED_AGAIN = Likeness(16, 11)  # about a third: what is left of a fingerprint of sound


def find_duplicates(
    digests: npt.NDArray[np.void],
    signatures: npt.NDArray[np.uint32],
    ranks: npt.ArrayLike,
    likeness: Likeness = NEARLY_THE_SAME,
) -> npt.NDArray[np.uint8]:
    """KEPT, SAME_BYTES or ALIKE for each piece (n,), from its digest (n,) and its signature (n, SIGNATURE_SIZE).

    Of pieces that are duplicates of one another the first in order of rank is kept, then the first in the
    corpus. Signatures of empty sets are like no other. The order of the corpus alone decides, whoever computed it.
    """
    found = np.full(len(digests), KEPT, np.uint8)
    order = np.argsort(np.asarray(ranks), kind="stable")
    _, first = np.unique(digests[order], return_index=True)
    is_first = np.zeros(len(order), bool)
    is_first[first] = True
    found[order[~is_first]] = SAME_BYTES
    order = order[is_first]
    order = order[signatures[order].any(axis=1)]
    own = signatures[order]
    rows = SIGNATURE_SIZE // likeness.bands
    alike = np.zeros(len(order), bool)
    for band in range(likeness.bands):
        keys: Any = np.ascontiguousarray(own[:, band * rows : (band + 1) * rows]).view(np.uint64)
        by_key = np.lexsort(keys.T)  # stable: within a group the first comes first
        is_start = np.ones(len(by_key), bool)
        is_start[1:] = (keys[by_key[1:]] != keys[by_key[:-1]]).any(axis=1)
        leaders = by_key[np.flatnonzero(is_start)[np.cumsum(is_start) - 1]]
        others, leaders = by_key[~is_start], leaders[~is_start]
        agree = (own[others] == own[leaders]).sum(axis=1) >= likeness.min_agreement
        alike[others[agree]] = True
    found[order[alike]] = ALIKE
    return found
