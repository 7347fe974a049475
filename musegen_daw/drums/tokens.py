"""The REMI vocabulary of the drums (miditok).

A bar is `Bar`, then for each position `Position`, then for each hit there, in order of piece, `PitchDrum`. Velocity
and micro-timing are not tokenised (see `hand`). A byte pair encoding trained within beats joins frequent runs into one
token; `Bar` is never joined, so a bar always starts with its own token. The base tokens are those of miditok's REMI
for the same notes half a sixteenth later (see `events`).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from musegen_daw import files
from musegen_daw.drums.events import HIT, POSITIONS_PER_BEAT, Array
from musegen_daw.errors import ModelError
from musegen_daw.music.kit import PIECES

if TYPE_CHECKING:
    from miditok import REMI

PAD, BOS, EOS = 0, 1, 2
WRITTEN_LEVEL = 11  # of hits that come from tokens
_CACHED_BEATS = 1 << 18
MAX_TOKENIZER_BYTES = 16 << 20
_LEARNED = {"_vocab_base", "_model", "_vocab_base_byte_to_token"}
MAX_TOKENS, MAX_RUN = 1 << 14, 256
_PIECE_OF_TOKEN = {f"PitchDrum_{piece.pitch}": index for index, piece in enumerate(PIECES)}
_VALUES = {1: range(1), 2: range(4 * POSITIONS_PER_BEAT), 3: range(len(PIECES))}
"""The values that the base tokens of each kind can have, see `DrumVocabulary`."""


@dataclass(frozen=True, slots=True)
class DrumVocabulary:
    """Every token as a run of base tokens; needs no miditok.

    `kinds` and `values` are (tokens, longest run), padded with kind 0. Kinds: 1 Bar, 2 Position (value: position),
    3 PitchDrum (value: piece). Tokens that never occur in drums, BOS and EOS have an empty run.
    """

    kinds: npt.NDArray[np.uint8]
    values: npt.NDArray[np.uint8]

    BAR = 1
    POSITION = 2
    PIECE = 3

    def __len__(self) -> int:
        return len(self.kinds)

    @classmethod
    def from_runs(cls, runs: Sequence[Sequence[Sequence[int]]]) -> DrumVocabulary:
        """The vocabulary of one run of (kind, value) per token; raises ValueError or TypeError for anything else."""
        if not 1 <= len(runs) <= MAX_TOKENS:
            raise ValueError(f"a vocabulary of {len(runs)} tokens")
        longest = max(1, max(len(run) for run in runs))
        if longest > MAX_RUN:
            raise ValueError(f"a token of {longest} base tokens")
        kinds = np.zeros((len(runs), longest), np.uint8)
        values = np.zeros((len(runs), longest), np.uint8)
        for token, run in enumerate(runs):
            for column, (kind, value) in enumerate(run):
                if type(kind) is not int or type(value) is not int or value not in _VALUES.get(kind, ()):
                    raise ValueError(f"token {token} stands for {kind!r:.20}, {value!r:.20}")
                kinds[token, column], values[token, column] = kind, value
        vocabulary = cls(kinds, values)
        if not vocabulary._bar_tokens().size:
            raise ValueError("no token is the bar line")
        return vocabulary

    def to_runs(self) -> list[list[list[int]]]:
        """One run of [kind, value] per token, for JSON."""
        return [
            [[int(kind), int(value)] for kind, value in zip(kinds, values, strict=True) if kind]
            for kinds, values in zip(self.kinds, self.values, strict=True)
        ]

    @property
    def bar_token(self) -> int:
        return int(self._bar_tokens()[0])

    def _bar_tokens(self) -> npt.NDArray[np.int64]:
        return np.flatnonzero((self.kinds[:, 0] == self.BAR) & (self.kinds[:, 1:] == 0).all(axis=1))

    def decode(self, tokens: Iterable[int]) -> tuple[Array, int]:
        """The hits of a token sequence as HIT, and its number of bars.

        Raises ValueError unless the tokens are complete hits in ascending order.
        """
        hits: list[tuple[int, int, int, int]] = []
        bar, position, last_piece = -1, -1, -1
        bare = False  # after a position without a hit yet
        for token in tokens:
            if token in (BOS, EOS, PAD):
                continue
            if not 0 <= token < len(self) or not self.kinds[token, 0]:
                raise ValueError(f"token {token} is not of the drums")
            for kind, value in zip(self.kinds[token].tolist(), self.values[token].tolist(), strict=True):
                if kind == 0:
                    break
                if bare and kind != self.PIECE:
                    raise ValueError(f"position {position} without a hit in bar {bar}")
                bare = kind == self.POSITION
                if kind == self.BAR:
                    bar, position, last_piece = bar + 1, -1, -1
                elif kind == self.POSITION:
                    if bar < 0 or value <= position:
                        raise ValueError(f"position {value} after {position} in bar {bar}")
                    position, last_piece = value, -1
                else:
                    if position < 0 or value <= last_piece:
                        raise ValueError(f"piece {value} after {last_piece} at position {position}")
                    last_piece = value
                    hits.append((bar, position, value, WRITTEN_LEVEL))
        if bare:
            raise ValueError("the tokens end within a position")
        return np.array(hits, HIT), bar + 1


def base_tokenizer() -> REMI:
    """miditok's REMI with the settings of this project, untrained."""
    from miditok import REMI, TokenizerConfig

    return REMI(
        TokenizerConfig(
            pitch_range=(21, 109),
            drums_pitch_range=(35, 83),
            beat_res={(0, 1): POSITIONS_PER_BEAT, (1, 4): 4, (4, 17): 1},
            use_velocities=False,
            special_tokens=["PAD", "BOS", "EOS"],
            encode_ids_split="beat",
            use_note_duration_programs=list(range(128)),
            use_time_signatures=False,
            use_programs=False,
        )
    )


class DrumTokenizer:
    """Hits to tokens, with the byte pair encoding of a trained miditok tokenizer."""

    def __init__(self, remi: REMI) -> None:
        self._remi = remi
        vocabulary = {name: index for index, name in enumerate(_base_names(remi))}
        self._bar = vocabulary["Bar_None"]
        self._positions = np.array(
            [vocabulary[f"Position_{position}"] for position in range(4 * POSITIONS_PER_BEAT)], np.int64
        )
        self._pieces = np.array([vocabulary[f"PitchDrum_{piece.pitch}"] for piece in PIECES], np.int64)
        # The library puts a mark of its own before every beat; as a token by itself it carries nothing.
        self._mark = remi._model.get_vocab().get("\u2581") if remi.is_trained else None  # pyright: ignore
        characters: dict[int, str] = remi._vocab_base_id_to_byte  # pyright: ignore[reportPrivateUsage]
        self._id_of_character = {character: token for token, character in characters.items()}
        self._characters = np.array([ord(characters[token]) for token in range(len(characters))], np.uint32)
        self._cache: dict[str, list[int]] = {}

    @classmethod
    def load(cls, path: Path) -> DrumTokenizer:
        """The tokenizer saved at `path` (miditok's tokenizer.json); raises ModelError for any other file.

        miditok trusts the file, so it is checked first: everything but the learned vocabulary is as in
        `base_tokenizer`.
        """
        from miditok import REMI

        try:
            _check_tokenizer(json.loads(files.read_bytes(path, MAX_TOKENIZER_BYTES, ModelError)))
            tokenizer = cls(REMI(params=path))
            tokenizer.vocabulary()
            return tokenizer
        except ModelError:
            raise
        except Exception as error:  # miditok and tokenizers document no exceptions
            raise ModelError(
                f"The tokenizer {path} is damaged ({' '.join(str(error).split())[:80]})."
            ) from error

    def save(self, path: Path) -> None:
        """Write miditok's tokenizer.json to `path`."""
        self._remi.save(path.parent, filename=path.name)

    @classmethod
    def train(cls, beats: Sequence[str], vocabulary_size: int) -> DrumTokenizer:
        """A tokenizer whose byte pair encoding was learned from `beats` (see `beat_strings`)."""
        remi = base_tokenizer()
        remi.train(vocab_size=vocabulary_size, model="BPE", iterator=_Batches(beats))
        return cls(remi)

    @classmethod
    def untrained(cls) -> DrumTokenizer:
        """The plain REMI tokenizer, without byte pair encoding."""
        return cls(base_tokenizer())

    def __len__(self) -> int:
        return self._remi.vocab_size

    def beat_strings(self, hits: Array, bars: int) -> list[str]:
        """Every beat that has hits (on the grid of `quantise`) as the string that the byte pair encoding reads."""
        return [text for _, text in self._beats(hits)]

    def encode_bars(self, hits: Array, bars: int) -> list[list[int]]:
        """The tokens of every bar of hits on the grid of `quantise`, each beginning with the bar token."""
        encoded = [[self._bar] for _ in range(bars)]
        for bar, text in self._beats(hits):
            encoded[bar].extend(self._encode_beat(text))
        return encoded

    def _beats(self, hits: Array) -> Iterator[tuple[int, str]]:
        """The bar and the base tokens, one character each, of every beat that has hits."""
        if len(hits) == 0:
            return
        bar, position = (hits[name].astype(np.int64) for name in ("bar", "position"))
        is_new = np.ones(len(hits), bool)  # position
        is_new[1:] = (bar[1:] != bar[:-1]) | (position[1:] != position[:-1])
        at = np.cumsum(is_new + 1) - 1  # where the piece of each hit goes
        characters = np.empty(int(at[-1]) + 1, np.uint32)
        characters[at[is_new] - 1] = self._characters[self._positions[position[is_new]]]
        characters[at] = self._characters[self._pieces[hits["piece"]]]
        text = characters.astype("<u4").tobytes().decode("utf-32-le")
        beat = 4 * bar + position // POSITIONS_PER_BEAT
        first = np.flatnonzero(np.concatenate(([True], beat[1:] != beat[:-1])))
        starts = [*(at[first] - 1).tolist(), len(text)]
        for number, own in enumerate(bar[first].tolist()):
            yield own, text[starts[number] : starts[number + 1]]

    def _encode_beat(self, text: str) -> list[int]:
        tokens = self._cache.get(text)
        if tokens is None:
            if len(self._cache) >= _CACHED_BEATS:  # a corpus has millions of different beats
                self._cache.clear()
            if self._remi.is_trained:
                ids: list[int] = self._remi._model.encode(text).ids  # pyright: ignore
                tokens = [token for token in ids if token != self._mark]
            else:
                tokens = [self._id_of_character[character] for character in text]
            self._cache[text] = tokens
        return tokens

    def vocabulary(self) -> DrumVocabulary:
        names = self._token_names()
        return DrumVocabulary.from_runs([_run(run) for run in names])

    def _token_names(self) -> list[list[str]]:
        base = _base_names(self._remi)
        if not self._remi.is_trained:
            return [[name] for name in base]
        name_of_byte = {byte: base[token] for token, byte in self._remi._vocab_base_id_to_byte.items()}  # pyright: ignore
        learned: dict[str, int] = self._remi._model.get_vocab()  # pyright: ignore
        names: list[list[str]] = [[] for _ in range(max(learned.values()) + 1)]
        for text, token in learned.items():
            names[token] = [name_of_byte[byte] for byte in text if byte in name_of_byte]
        return names


def _check_tokenizer(found: dict[str, Any]) -> None:
    """Raises ValueError or TypeError unless everything but the learned vocabulary is as in `base_tokenizer`."""
    base = base_tokenizer()
    with tempfile.TemporaryDirectory() as folder:
        base.save(Path(folder), filename="base.json")
        wanted = json.loads((Path(folder) / "base.json").read_text(encoding="utf-8"))
    unknown = found.keys() - wanted.keys() - _LEARNED
    if unknown:
        raise ValueError(f"it has {min(unknown)!r:.40}")
    tokens: Any = base._vocab_base  # pyright: ignore[reportPrivateUsage]
    if found.get("_vocab_base", tokens) != tokens:
        raise ValueError("its base tokens are others")
    own, usual = found["config"], wanted["config"]
    different = [name for name in own.keys() & usual.keys() if own[name] != usual[name]]
    if different or own.keys() - usual.keys():
        raise ValueError("its configuration is another")
    if "_vocab_base_byte_to_token" in found and sorted(found["_vocab_base_byte_to_token"].values()) != sorted(
        tokens
    ):
        raise ValueError("its characters are others")


def _base_names(remi: Any) -> list[str]:
    base: dict[str, int] = remi._vocab_base
    return [name for name, _ in sorted(base.items(), key=lambda item: item[1])]


def _run(names: Sequence[str]) -> list[tuple[int, int]]:
    run: list[tuple[int, int]] = []
    for name in names:
        kind, _, value = name.partition("_")
        if kind == "Bar":
            run.append((DrumVocabulary.BAR, 0))
        elif kind == "Position":
            run.append((DrumVocabulary.POSITION, int(value)))
        elif name in _PIECE_OF_TOKEN:
            run.append((DrumVocabulary.PIECE, _PIECE_OF_TOKEN[name]))
        else:
            return []
    return run


class _Batches:
    def __init__(self, beats: Sequence[str], size: int = 1000) -> None:
        self._beats, self._size = beats, size

    def __len__(self) -> int:
        return -(-len(self._beats) // self._size)

    def __iter__(self) -> Iterator[list[str]]:
        for start in range(0, len(self._beats), self._size):
            yield list(self._beats[start : start + self._size])
