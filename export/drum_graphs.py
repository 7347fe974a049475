"""The functions of the drum model that are exported, as PyTorch modules: arrays in, arrays out, no batch axis."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.drums.model import DrumLSTM


class Encode(nn.Module):
    """Parts (bars, 16, features) and which bars are heard -> memory (bars, 16, width), bar vectors (bars, width)."""

    def __init__(self, model: DrumLSTM) -> None:
        super().__init__()
        self.encoder = model.encoder

    def forward(self, parts: Tensor, heard: Tensor) -> tuple[Tensor, Tensor]:
        memory, bars = self.encoder(parts[None], heard[None])
        return memory[0], bars[0]


class Expect(nn.Module):
    """Memory (bars, 16, width), styles and controls (rows, bars, ...) -> chances of hits (rows, bars, 16, pieces)."""

    def __init__(self, model: DrumLSTM) -> None:
        super().__init__()
        self.model = model

    def forward(self, memory: Tensor, style: Tensor, controls: Tensor) -> Tensor:
        return self.model.expect(memory[None] + self.model.asked(style, controls)).sigmoid()


class LookBack(nn.Module):
    """One bar's memory and the bars before it -> what the decoder is handed (rows, 16, width), the last bar read."""

    def __init__(self, model: DrumLSTM) -> None:
        super().__init__()
        self.model = model

    def forward(
        self,
        memory: Tensor,
        bar: Tensor,
        past_bars: Tensor,
        past_read: Tensor,
        last_drums: Tensor,
        past_known: Tensor,
        style: Tensor,
        controls: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """`past_bars` (past, width) and `past_known` (past,) end with the last bar, `past_read` before it."""
        rows = last_drums.shape[0]
        read = self.model.reader(last_drums[:, None])
        past = self.model.history(
            bar[None].expand(rows, -1),
            past_bars[None].expand(rows, -1, -1),
            torch.cat([past_read, read], dim=1),
            past_known[None].expand(rows, -1),
        )
        asked = memory[None] + self.model.asked(style, controls)
        context = self.model.bar_context(asked, past)
        return self.drive(context), read[:, 0]

    def drive(self, context: Tensor) -> Tensor:
        """What the context adds to gates and head, worked out once a bar in place of once a token."""
        mix, width = self.model.mix, self.model.config.token_width
        weights: dict[str, Tensor] = dict(self.model.lstm.named_parameters())
        bias = weights["bias_ih_l0"] + weights["bias_hh_l0"]
        gates = functional.linear(context, weights["weight_ih_l0"][:, width:], bias)
        mixed = functional.linear(context, mix.weight[:, self.model.config.decoder_width :], mix.bias)
        return torch.cat([gates, mixed], dim=-1)


class DecoderStep(nn.Module):
    """One token; the LSTM is written out, which is exact where onnxruntime's own operator approximates.

    What a token adds to the gates is left as a product of constants, which onnxruntime works out once,
    when it opens the file. The other weights are transposed beforehand: each is the constant factor of
    one product.
    """

    def __init__(self, model: DrumLSTM) -> None:
        super().__init__()
        config, weights = model.config, dict(model.lstm.named_parameters())

        def constant(value: Tensor) -> nn.Parameter:
            return nn.Parameter(value.detach().clone().contiguous())

        layers = range(config.decoder_layers)
        self.config, self.exit_norm = config, model.exit_norm
        self._from_tokens: Tensor | None = None
        self.entries = constant(model.entry_norm(model.token_table()))
        self.entry = constant(weights["weight_ih_l0"][:, : config.token_width].T)
        self.below = nn.ParameterList(constant(weights[f"weight_ih_l{layer}"].T) for layer in layers[1:])
        self.before = nn.ParameterList(constant(weights[f"weight_hh_l{layer}"].T) for layer in layers)
        self.bias = nn.ParameterList(
            constant(weights[f"bias_ih_l{layer}"] + weights[f"bias_hh_l{layer}"]) for layer in layers[1:]
        )
        self.mix = constant(model.mix.weight[:, : config.decoder_width].T)
        self.table = constant(model.token_table().T)
        self.table_bias = constant(model.bias + model.forbidden)

    def fold(self) -> DecoderStep:
        """Work out here, too, what each token adds to the gates once and for all, to be run by PyTorch."""
        with torch.no_grad():
            self._from_tokens = self.entries @ self.entry
        return self

    def forward(
        self, token: Tensor, context: Tensor, hidden: Tensor, cell: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Logits (rows, tokens) and the next state, each (layers, rows, width); `context` as LookBack gives it."""
        width = self.config.decoder_width
        driven, mixed = context.split([4 * width, self.config.token_width], dim=-1)
        from_tokens = self.entries @ self.entry if self._from_tokens is None else self._from_tokens
        gates = from_tokens[token] + driven
        hiddens: list[Tensor] = []
        cells: list[Tensor] = []
        for layer, before in enumerate(self.before):
            if layer:
                gates = hiddens[-1] @ self.below[layer - 1] + self.bias[layer - 1]
            entry_keep, new, out = (gates + hidden[layer] @ before).split([2 * width, width, width], dim=-1)
            entry, keep = entry_keep.sigmoid().split([width, width], dim=-1)
            cells.append(keep * cell[layer] + entry * new.tanh())
            hiddens.append(out.sigmoid() * cells[-1].tanh())
        mixed = functional.gelu(mixed + hiddens[-1] @ self.mix)
        logits = self.exit_norm(mixed) @ self.table + self.table_bias
        return logits, torch.stack(hiddens), torch.stack(cells)
