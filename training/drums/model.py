"""The network: an LSTM reads the parts, earlier bars are remembered, an LSTM writes the drums.

What the decoder sees is aligned by bar and position. The part encoder runs over sixteenths, so at
every step the decoder is handed what the parts do at the very place it has reached and shortly
after it, what the style plays there, and what the drums did there one bar ago and in those earlier
bars whose parts were alike. It writes only bars that are no repeats.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from musegen_daw.drums.events import FRAMES_PER_BAR, POSITIONS_PER_FRAME
from musegen_daw.drums.features import CONTROL_SIZES, DRUM_FEATURES, PART_FEATURES
from musegen_daw.drums.style import STYLE_FEATURES
from musegen_daw.drums.tokens import BOS, EOS, DrumVocabulary
from musegen_daw.music.kit import PIECES
from training.drums.dataset import DrumBatch

MAX_LAG_BARS = 32


@dataclass(frozen=True, slots=True)
class ModelConfig:
    frame_width: int = 192
    encoder_width: int = 192
    encoder_layers: int = 2
    context_width: int = 256
    history_width: int = 96
    attention_heads: int = 4
    attention_width: int = 64
    token_width: int = 256
    decoder_width: int = 512
    decoder_layers: int = 1
    lookahead_frames: int = 6
    dropout: float = 0.15
    token_dropout: float = 0.2
    use_history: bool = True


class PartEncoder(nn.Module):
    """(batch, bars, 16, PART_FEATURES) -> memory (batch, bars, 16, context), bar vectors (batch, bars, context)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.read = nn.Sequential(nn.Linear(PART_FEATURES, config.frame_width), nn.GELU())
        self.unheard = nn.Parameter(torch.randn(config.frame_width) * 0.1)
        self.place = nn.Parameter(torch.randn(FRAMES_PER_BAR, config.frame_width) * 0.1)
        self.lstm = nn.LSTM(
            config.frame_width,
            config.encoder_width,
            config.encoder_layers,
            batch_first=True,
            bidirectional=True,
            dropout=config.dropout if config.encoder_layers > 1 else 0.0,
        )
        self.drop = nn.Dropout(config.dropout)
        kernel = config.lookahead_frames + 2
        self.ahead = nn.Conv1d(2 * config.encoder_width, config.context_width, kernel)

    def forward(self, parts: Tensor, heard: Tensor) -> tuple[Tensor, Tensor]:
        """`heard` (batch, bars) marks the bars of the parts that are known."""
        known = heard.to(parts.dtype)[:, :, None, None]
        frames = self.read(parts) * known + self.unheard * (1 - known) + self.place
        memory, _ = self.lstm(self.drop(frames.flatten(1, 2)))
        padded = functional.pad(self.drop(memory).transpose(1, 2), (1, self.config.lookahead_frames))
        context = self.ahead(padded).transpose(1, 2).reshape(*parts.shape[:3], -1)
        return context, context.mean(dim=2)


class DrumReader(nn.Module):
    """Drums of whole bars (batch, bars, 16, DRUM_FEATURES) -> (batch, bars, 16, history)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.read = nn.Linear(DRUM_FEATURES, config.history_width)
        self.around = nn.Conv1d(config.history_width, config.history_width, 7, padding=3)

    def forward(self, drums: Tensor) -> Tensor:
        """Each sixteenth with its surroundings within the bar."""
        frames = functional.gelu(self.read(drums)).flatten(0, 1).transpose(1, 2)
        mixed = functional.gelu(self.around(frames)).transpose(1, 2)
        return mixed.reshape(drums.shape[0], drums.shape[1], *mixed.shape[1:])


class BarHistory(nn.Module):
    """What earlier bars say about this one: the bar before, and those whose parts and drums are alike."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.heads = config.attention_heads
        self.query = nn.Linear(config.context_width, config.attention_width)
        self.key = nn.Linear(config.context_width + config.history_width, config.attention_width)
        self.lag = nn.Parameter(torch.zeros(self.heads, MAX_LAG_BARS + 1))
        self.previous = nn.Linear(config.history_width, config.context_width)
        self.alike = nn.Linear(config.history_width, config.context_width)
        self.first = nn.Parameter(torch.zeros(config.context_width))

    def forward(self, bar: Tensor, past_bars: Tensor, past_drums: Tensor, past_known: Tensor) -> Tensor:
        """Context (rows, 16, context) of one bar per row.

        `bar` (rows, context) is the part vector of the bar, `past_bars` (rows, past, context) and
        `past_drums` (rows, past, 16, history) those before it, the nearest last; `past_known`
        (rows, past) marks those that may be looked at. `past` is at least 1.
        """
        rows, past = past_bars.shape[:2]
        keys = self.key(torch.cat([past_bars, past_drums.mean(dim=2)], dim=-1)).reshape(
            rows, past, self.heads, -1
        )
        query = self.query(bar).reshape(rows, self.heads, -1)
        score = torch.einsum("rhw,rphw->rhp", query, keys) / math.sqrt(keys.shape[-1])
        lags = torch.arange(past, 0, -1, device=bar.device).clamp(max=MAX_LAG_BARS)
        unknown = (1 - past_known.to(bar.dtype))[:, None] * -1e4
        score = torch.cat([score + self.lag[:, lags] + unknown, torch.zeros_like(score[..., :1])], dim=-1)
        weight = score.softmax(dim=-1)[..., :past]
        values = past_drums.reshape(rows, past, FRAMES_PER_BAR, self.heads, -1)
        alike = torch.einsum("rhp,rpfhw->rfhw", weight, values).flatten(2)
        known = past_known[:, -1].to(bar.dtype)[:, None, None]
        previous = self.previous(past_drums[:, -1]) * known + self.first * (1 - known)
        return previous + self.alike(alike)


class StyleReader(nn.Module):
    """What a style plays (..., 16, STYLE_FEATURES) -> (..., 16, context), each sixteenth with those that follow it."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.lookahead = config.lookahead_frames
        self.ahead = nn.Conv1d(STYLE_FEATURES, config.context_width, config.lookahead_frames + 2)

    def forward(self, style: Tensor) -> Tensor:
        """Within the bar: what comes after its end is no matter of the bar."""
        frames = style.reshape(-1, FRAMES_PER_BAR, STYLE_FEATURES).transpose(1, 2)
        mixed = self.ahead(functional.pad(frames, (1, self.lookahead))).transpose(1, 2)
        return mixed.reshape(*style.shape[:-1], -1)


class Output(NamedTuple):
    """What the network says of a batch, teacher forced.

    `logits` (batch, length, tokens) of every next token, none where only the parts were listened to;
    `expected` (batch, bars, 16, pieces), the logits of hits as parts, style and plan let expect them without
    what was played before.
    """

    logits: Tensor
    expected: Tensor


class DrumLSTM(nn.Module):
    composition: Tensor
    forbidden: Tensor

    def __init__(self, config: ModelConfig, vocabulary: DrumVocabulary) -> None:
        super().__init__()
        self.config = config
        self.encoder = PartEncoder(config)
        self.reader = DrumReader(config)
        self.history = BarHistory(config)
        self.controls = nn.ModuleList(nn.Embedding(size, config.context_width) for size in CONTROL_SIZES)
        for table in self.controls.parameters():
            nn.init.normal_(table, std=0.1)
        self.place = nn.Parameter(torch.randn(FRAMES_PER_BAR, config.context_width) * 0.1)
        self.norm = nn.LayerNorm(config.context_width)
        self.lstm = nn.LSTM(
            config.token_width + config.context_width,
            config.decoder_width,
            config.decoder_layers,
            batch_first=True,
        )
        for layer in range(config.decoder_layers):  # at first, remember
            forget = slice(config.decoder_width, 2 * config.decoder_width)
            nn.init.ones_(getattr(self.lstm, f"bias_ih_l{layer}").data[forget])
        self.drop = nn.Dropout(config.dropout)
        self.mix = nn.Linear(config.decoder_width + config.context_width, config.token_width)
        self.entry_norm = nn.LayerNorm(config.token_width)
        self.exit_norm = nn.LayerNorm(config.token_width)
        composition, allowed = _composition(vocabulary)
        self.register_buffer("composition", composition, persistent=False)
        self.register_buffer("forbidden", (~allowed).float() * -1e4, persistent=False)
        self.elements = nn.Parameter(torch.randn(composition.shape[1], config.token_width) * 0.05)
        self.tokens = nn.Parameter(torch.randn(len(vocabulary), config.token_width) * 0.02)
        self.bias = nn.Parameter(torch.zeros(len(vocabulary)))
        self.style = StyleReader(config)
        self.expect = nn.Sequential(
            nn.LayerNorm(config.context_width),
            nn.Linear(config.context_width, config.context_width),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.context_width, len(PIECES)),
        )

    def token_table(self) -> Tensor:
        """(tokens, width): every token as the sum of its own vector and those of its base tokens."""
        return self.tokens + self.composition @ self.elements

    def forward(self, batch: DrumBatch, *, listen_only: bool = False) -> Output:
        """The logits of every next token, and what is expected without it."""
        memory, bars = self.encoder(batch.parts, batch.heard)
        asked = memory + self.asked(batch.style, batch.controls)
        expected = self.expect(asked)
        if listen_only:
            return Output(memory.new_zeros(*batch.inputs.shape, 0), expected)
        context = self.bar_context(asked, self._look_back(bars, batch)).flatten(1, 2)
        aligned = torch.gather(context, 1, batch.cursor[..., None].expand(-1, -1, context.shape[-1]))
        table = self.token_table()
        entries = self.drop(self.entry_norm(table)[batch.inputs])
        if self.training:  # what was written is hidden now and then, so that the parts are listened to
            shown = torch.rand(batch.inputs.shape, device=entries.device) >= self.config.token_dropout
            entries = entries * shown[..., None]
        hidden, _ = self.lstm(torch.cat([entries, aligned], dim=-1))
        return Output(self.head(hidden, aligned, table), expected)

    def asked(self, style: Tensor, controls: Tensor) -> Tensor:
        """`style` (..., 16, STYLE_FEATURES), `controls` (..., 6) -> context of each sixteenth (..., 16, context)."""
        levels = torch.stack([table(controls[..., index]) for index, table in enumerate(self.controls)]).sum(
            0
        )
        return self.style(style) + levels[..., None, :] + self.place

    def bar_context(self, asked: Tensor, past: Tensor) -> Tensor:
        """Input of the decoder at each sixteenth (..., 16, context), from `asked` and the history."""
        return self.norm(functional.gelu(asked + past))

    def head(self, hidden: Tensor, aligned: Tensor, table: Tensor) -> Tensor:
        """Logits (..., tokens) from the decoder's state and the context."""
        mixed = self.exit_norm(functional.gelu(self.mix(torch.cat([self.drop(hidden), aligned], dim=-1))))
        return mixed @ table.T + self.bias + self.forbidden

    def _look_back(self, bars: Tensor, batch: DrumBatch) -> Tensor:
        count = bars.shape[1]
        drums = self.reader(batch.drums)
        if not self.config.use_history:
            return self.history.first.expand(*bars.shape[:2], FRAMES_PER_BAR, -1)
        # one leading bar that is never known stands for the time before the sequence
        bars_before = functional.pad(bars, (0, 0, 1, 0))
        drums_before = functional.pad(drums, (0, 0, 0, 0, 1, 0))
        known_before = functional.pad(batch.history.to(bars.dtype), (1, 0))
        return torch.stack(
            [
                self.history(
                    bars[:, at],
                    bars_before[:, : at + 1],
                    drums_before[:, : at + 1],
                    known_before[:, : at + 1],
                )
                for at in range(count)
            ],
            dim=1,
        )


def _composition(vocabulary: DrumVocabulary) -> tuple[Tensor, Tensor]:
    """Which base elements (bar, sixteenths, offsets, pieces) each token counts, and which tokens occur."""
    sizes = {
        DrumVocabulary.BAR: 1,
        DrumVocabulary.POSITION: FRAMES_PER_BAR + POSITIONS_PER_FRAME,
        DrumVocabulary.PIECE: len(PIECES),
    }
    start: dict[int, int] = {}
    width = 0
    for kind, size in sizes.items():
        start[kind] = width
        width += size
    counts = torch.zeros(len(vocabulary), width)
    for token, run in enumerate(vocabulary.to_runs()):
        for kind, value in run:
            if kind == DrumVocabulary.POSITION:
                counts[token, start[kind] + value // POSITIONS_PER_FRAME] += 1
                counts[token, start[kind] + FRAMES_PER_BAR + value % POSITIONS_PER_FRAME] += 1
            else:
                counts[token, start[kind] + value] += 1
    allowed = counts.sum(dim=1) > 0
    allowed[[BOS, EOS]] = True
    allowed[BOS] = False
    return counts / counts.sum(dim=1, keepdim=True).clamp(min=1).sqrt(), allowed
