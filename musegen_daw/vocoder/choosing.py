"""Which vocoder fits a source: the full band where the source has it, and for a mel the model whose mel it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from musegen_daw.audio.file import open_audio
from musegen_daw.errors import AudioError
from musegen_daw.suffixes import MEL_SUFFIX
from musegen_daw.vocoder.bandwidth import reaches_above
from musegen_daw.vocoder.decoders import VocoderFacts
from musegen_daw.vocoder.mel import Floats
from musegen_daw.vocoder.mel_file import shape_in
from musegen_daw.vocoder.mel_scales import MelBands, mel_form


@dataclass(frozen=True, slots=True)
class ChosenVocoder:
    """The model, and a sentence on why it is that one; empty where there is no other."""

    model: VocoderFacts
    reason: str = ""


def choose_for_file(
    path: Path, models: Sequence[VocoderFacts], shown_as: str = "", scale: str | None = None
) -> ChosenVocoder | None:
    """The vocoder for an audio file, or a mel as .npy; None without models.

    `shown_as` is the name of the file in the sentence, `scale` that of a mel where it was given. Raises AudioError for
    audio that cannot be read, and for an unknown scale; of a .npy only the header is read, and one that is damaged gets
    the default.
    """
    name = shown_as or str(path)
    if len(models) < 2:
        return ChosenVocoder(models[0]) if models else None
    if path.suffix.lower() == MEL_SUFFIX:
        form = mel_form(scale) if scale else None
        if form is not None and form.bands is not None:
            return _chosen_for_preset(form.name, form.bands, models, name)
        try:
            shape = shape_in(path)
        except AudioError:  # who reads it says what is wrong
            return ChosenVocoder(models[0])
        return _chosen_for_mel(shape, models, name)
    reader = open_audio(path)
    try:
        return choose_for_blocks(reader.blocks(), reader.sample_rate_hz, models, name)
    finally:
        reader.close()


def choose_for_blocks(
    blocks: Iterable[Floats], rate_hz: int, models: Sequence[VocoderFacts], name: str
) -> ChosenVocoder | None:
    """The vocoder for audio in blocks (samples, channels); None without models."""
    if not models:
        return None
    narrow = min(models, key=lambda facts: facts.bandwidth_hz)
    wide = max(models, key=lambda facts: facts.bandwidth_hz)
    if narrow.bandwidth_hz == wide.bandwidth_hz:
        return ChosenVocoder(narrow)
    is_wide = reaches_above(blocks, rate_hz, narrow.bandwidth_hz)
    chosen = wide if is_wide else narrow
    return ChosenVocoder(
        chosen,
        f"{name} has {'sound' if is_wide else 'no sound'} above {narrow.bandwidth_hz / 1000:g} kHz, so it is "
        f"resynthesised with {chosen.name} ({chosen.band}).",
    )


def _chosen_for_preset(
    preset: str, bands: MelBands, models: Sequence[VocoderFacts], name: str
) -> ChosenVocoder:
    """The narrowest model that has all that the mel has, else the widest."""
    ranked = sorted(models, key=lambda facts: facts.bandwidth_hz)
    chosen = next((each for each in ranked if each.bandwidth_hz >= bands.fmax_hz), ranked[-1])
    return ChosenVocoder(
        chosen,
        f"{name} is a mel of {preset}, up to {bands.fmax_hz / 1000:g} kHz, so it is resynthesised with {chosen.name} "
        f"({chosen.band}).",
    )


def _chosen_for_mel(shape: tuple[int, ...], models: Sequence[VocoderFacts], name: str) -> ChosenVocoder:
    """The model with as many bands as a mel of this shape has, (n_mels, frames) before (frames, n_mels)."""
    for bands in shape[-2:]:
        for facts in models:
            if facts.mel.n_mels == bands:
                return ChosenVocoder(
                    facts,
                    f"{name} is a mel of {bands} bands, so it is resynthesised with {facts.name} ({facts.band}).",
                )
    return ChosenVocoder(models[0])
