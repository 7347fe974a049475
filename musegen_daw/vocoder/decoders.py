"""Finds and opens decoders: vocoder models and Griffin-Lim."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from musegen_daw import resource_paths as resources
from musegen_daw.errors import ModelError
from musegen_daw.models.spec import SIDECAR, ModelSpec, WrongKindError, load_spec
from musegen_daw.vocoder import griffin_lim
from musegen_daw.vocoder.decoder import MelDecoder
from musegen_daw.vocoder.mel import MelConfig
from musegen_daw.vocoder.options import GAN, DecoderOptions
from musegen_daw.vocoder.vocoder import KIND, Vocoder, read_mel_config

FULL_BAND_HZ = 16_000.0
_MAX_TRAINED_ON = 400


def open_decoder(options: DecoderOptions) -> MelDecoder:
    """The vocoder, or Griffin-Lim for the mels of the named model, else for the default mels."""
    if options.method == GAN:
        name = options.model or resources.DEFAULT_VOCODER
        return Vocoder.open(resources.vocoder_dir(name), options.threads)
    config = MelConfig()
    if options.model is not None:
        config = read_mel_config(load_spec(resources.vocoder_dir(options.model), KIND))
    inversion: griffin_lim.Inversion = "nnls" if options.inversion == "nnls" else "pinv"
    return griffin_lim.GriffinLim(
        config, options.iterations or griffin_lim.ITERATIONS, inversion, seed=options.seed
    )


@dataclass(frozen=True, slots=True)
class VocoderFacts:
    """The description of a vocoder model."""

    name: str
    folder: Path
    mel: MelConfig
    trained_on: str
    bytes: int

    @property
    def bandwidth_hz(self) -> float:
        return self.mel.fmax_hz

    @property
    def title(self) -> str:
        """The band as a title."""
        return self.band[0].upper() + self.band[1:]

    @property
    def band(self) -> str:
        """The sample rate and the band, for a person."""
        rate = f"{self.mel.sample_rate_hz / 1000:g} kHz"
        if self.bandwidth_hz >= FULL_BAND_HZ:
            return f"full band, {rate}"
        return f"{rate}, up to {self.bandwidth_hz / 1000:g} kHz"


def read_facts(folder: Path) -> VocoderFacts:
    """The description of the model in `folder`, without opening it; raises ModelError."""
    spec = load_spec(folder, KIND)
    return VocoderFacts(
        spec.name,
        folder,
        read_mel_config(spec),
        _trained_on(spec),
        sum(graph.bytes for graph in spec.graphs.values()),
    )


def find_vocoders(folders: Iterable[Path]) -> tuple[tuple[VocoderFacts, ...], tuple[str, ...]]:
    """All vocoders in `folders` of model folders, sorted, and an error message for each unusable one."""
    found: list[VocoderFacts] = []
    troubles: list[str] = []
    for folder in folders:
        for sidecar in sorted(folder.glob(f"*/{SIDECAR}")):
            try:
                facts = read_facts(sidecar.parent)
            except WrongKindError:
                continue
            except ModelError as error:
                troubles.append(str(error))
            else:
                found.append(facts)
    return tuple(found), tuple(troubles)


def _trained_on(spec: ModelSpec) -> str:
    said = spec.facts.get("trained_on")
    return (
        said[:_MAX_TRAINED_ON]
        if isinstance(said, str) and said and said.isprintable()
        else "nothing it names"
    )
