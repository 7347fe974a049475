"""`musegen-daw vocode`: audio, a mel spectrogram or a clip to a WAV through the vocoder."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from musegen_daw import resource_paths as resources
from musegen_daw.cli import standard_output, terminal
from musegen_daw.cli.bounce import BounceSong, check_wav_output, render, rendered_beside, song_with_drums
from musegen_daw.cli.drum_request import DrumOptions
from musegen_daw.cli.resynthesis import OpenDecoder, resynthesise
from musegen_daw.drums.job import OpenGenerator
from musegen_daw.errors import AudioError
from musegen_daw.suffixes import MEL_SUFFIX, MIDI_SUFFIXES
from musegen_daw.vocoder.options import DecoderOptions

if TYPE_CHECKING:
    from musegen_daw.vocoder.inputs import MelInput
    from musegen_daw.vocoder.mel import MelConfig


@dataclass(frozen=True, slots=True)
class _Source:
    """What is to be decoded, and the seed of drums that were written."""

    given: MelInput
    drum_seed: int | None = None


def run(
    args: Namespace,
    options: DrumOptions,
    open_generator: OpenGenerator,
    bounce_song: BounceSong,
    open_decoder: OpenDecoder,
) -> int:
    """Turn one input into a WAV; returns 0."""
    from musegen_daw.vocoder.inputs import edited

    _check_places(args.input, args.output, args.save_mel, args.mel_scale)
    decoder = open_decoder(
        DecoderOptions(
            args.method, args.model, args.iterations, args.inversion, args.threads, options.settings.seed
        )
    )
    with standard_output.delivered(args.output, ".wav", AudioError) as output:
        source = _read(args, decoder.mel, options, open_generator, bounce_song)
        changed = edited(source.given, args.stretch, args.pitch, decoder.mel)
        report = resynthesise(
            changed.mel, decoder, output, changed.samples, args.save_mel, shown_as=args.output
        )
    facts = {
        "input": str(args.input),
        **report.facts(),
        "output": str(args.output),
        "stretch": args.stretch,
        "pitch": args.pitch,
        "saved_mel": str(args.save_mel) if args.save_mel else None,
        "seed": source.drum_seed,
    }
    level = f"peak {report.peak_dbfs:.1f} dBFS" if isfinite(report.peak_dbfs) else "silence"
    drums = "" if source.drum_seed is None else f", drums written with seed {source.drum_seed}"
    terminal.say_facts(
        facts,
        f"{args.output}: {report.seconds:.1f} s at {report.sample_rate_hz} Hz, {level}, {report.decoder} took "
        f"{report.decoding_seconds:.2f} s{drums}",
        as_json=args.json,
        output=args.output,
    )
    return 0


def _check_places(path: Path, output: Path, save_mel_to: Path | None, mel_scale: str | None) -> None:
    check_wav_output(output)
    if save_mel_to is not None and save_mel_to.suffix.lower() != MEL_SUFFIX:
        raise AudioError(f"The mel {save_mel_to} must end in {MEL_SUFFIX}.")
    if mel_scale is not None and path.suffix.lower() != MEL_SUFFIX:
        raise AudioError(f"--mel-scale belongs to {MEL_SUFFIX} files, and {path} is none.")
    for written in (output, save_mel_to):
        if written is not None and written.resolve() == path.resolve():
            raise AudioError(f"Writing {written} would overwrite the input; choose another output.")


def _read(
    args: Namespace,
    config: MelConfig,
    options: DrumOptions,
    open_generator: OpenGenerator,
    bounce_song: BounceSong,
) -> _Source:
    from musegen_daw.vocoder.inputs import MelInput, mel_of_audio

    suffix = args.input.suffix.lower()
    if suffix == MEL_SUFFIX:
        from musegen_daw.vocoder.mel_file import load_mel

        return _Source(MelInput(load_mel(args.input, config, terminal.note, args.mel_scale)))
    if suffix not in MIDI_SUFFIXES:
        return _Source(mel_of_audio(args.input, config))
    song, drum_seed = song_with_drums(args.input, None, resources.drum_model_dir(), options, open_generator)
    with rendered_beside(args.output) as rendered:
        render(song, rendered, bounce_song, shown_as=args.output)
        return _Source(mel_of_audio(rendered, config), drum_seed)
