"""`musegen-daw vocode`: audio, a mel spectrogram or a clip to a WAV through the vocoder."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from musegen_daw import resource_paths as resources
from musegen_daw.cli import standard_output, terminal
from musegen_daw.cli.arguments import number, whole
from musegen_daw.cli.bounce import add_wav_output, check_wav_output, render, rendered_beside, song_with_drums
from musegen_daw.cli.drum_options import chosen_seed
from musegen_daw.cli.drum_request import DrumOptions
from musegen_daw.cli.resynthesis import chosen_model, resynthesise
from musegen_daw.cli.services import Services
from musegen_daw.cli.terminal import Commands
from musegen_daw.drums.request import DrumSettings
from musegen_daw.errors import AudioError
from musegen_daw.suffixes import MEL_SUFFIX, MIDI_SUFFIXES
from musegen_daw.vocoder.mel_scales import SCALES, mel_form
from musegen_daw.vocoder.options import GAN, GRIFFIN_LIM, DecoderOptions

if TYPE_CHECKING:
    from musegen_daw.vocoder.decoder import MelDecoder
    from musegen_daw.vocoder.decoder_input import DecoderInput

MAX_ITERATIONS, MAX_THREADS = 1000, 64


@dataclass(frozen=True, slots=True)
class _Source:
    """What is to be decoded by what, and the seed of generated drums."""

    given: DecoderInput
    decoder: MelDecoder
    drum_seed: int | None = None


def register(commands: Commands, for_both: terminal.Parser) -> None:
    command = commands.add_parser("vocode", parents=[for_both], help="turn mel spectrograms into audio")
    command.add_argument(
        "input",
        type=Path,
        metavar="IN",
        help="an audio file, a mel as .npy, or a .mid, which is rendered first",
    )
    add_wav_output(command)
    command.add_argument(
        "--model", metavar="NAME|DIR",
        help="the vocoder model (default: vocoder-44k where the input has sound above 6 kHz, else vocoder-12k; the one "
        "whose bands a mel has)",
    )  # fmt: skip
    command.add_argument("--mono", action="store_true", help="one channel of a stereo input")
    command.add_argument(
        "--method", choices=[GAN, GRIFFIN_LIM], default=GAN,
        help="the trained vocoder, or Griffin-Lim to compare it with",
    )  # fmt: skip
    command.add_argument(
        "--iterations", type=whole(1, MAX_ITERATIONS), metavar="N", help="of Griffin-Lim (default: 32)"
    )
    command.add_argument(
        "--inversion", choices=["pinv", "nnls"], help="of the mel bands, for Griffin-Lim (default: pinv)"
    )
    command.add_argument("--save-mel", type=Path, metavar="F.npy", help="also write the mel that was vocoded")
    command.add_argument(
        "--mel-scale", type=_mel_scale, metavar="NAME",
        help=f"of a .npy: what its values are ({', '.join(SCALES)}) or whose mel it is (hifi-gan, vocos and more: "
        "--list-mel-scales); default: recognised from the values",
    )  # fmt: skip
    command.add_argument(
        "--stretch", type=number(0.1, 10), default=1.0, metavar="R", help="R times as long, at the same pitch"
    )
    command.add_argument(
        "--pitch", type=number(-48, 48), default=0.0, metavar="SEMITONES", help="higher or lower"
    )
    command.add_argument(
        "--keep-formants", action="store_true", help="with --pitch: the timbre of a voice stays where it is"
    )
    command.add_argument("--threads", type=whole(1, MAX_THREADS), default=1, metavar="N")
    command.add_argument(
        "--seed",
        type=whole(0, 2**63 - 1),
        metavar="S",
        help="of drums written to a .mid, and of Griffin-Lim",
    )
    command.add_argument("--json", action="store_true", help="print facts as one JSON object a line")
    command.set_defaults(run=run)


def run(args: Namespace, services: Services) -> int:
    """Turn one input into a WAV; returns 0."""
    from musegen_daw.vocoder.decoder_input import edited_input

    _check_places(args.input, args.output, args.save_mel, args.mel_scale)
    if args.method == GAN and (args.iterations, args.inversion) != (None, None):
        raise AudioError(f"--iterations and --inversion belong to --method {GRIFFIN_LIM}.")
    options = DrumOptions(DrumSettings(seed=chosen_seed(args)))
    with standard_output.delivered(args.output, ".wav", AudioError) as output:
        source = _read(args, options, services)
        changed = edited_input(source.given, args.stretch, args.pitch, source.decoder.mel, args.keep_formants)
        report = resynthesise(changed, source.decoder, output, args.save_mel, shown_as=args.output)
    facts = {
        "input": str(args.input),
        **report.facts(),
        "output": str(args.output),
        "stretch": args.stretch,
        "pitch": args.pitch,
        "keep_formants": args.keep_formants,
        "saved_mel": str(args.save_mel) if args.save_mel else None,
        "seed": source.drum_seed,
    }
    level = f"peak {report.peak_dbfs:.1f} dBFS" if isfinite(report.peak_dbfs) else "silence"
    drums = "" if source.drum_seed is None else f", drums written with seed {source.drum_seed}"
    terminal.say_facts(
        facts,
        f"{args.output}: {report.seconds:.1f} s, {report.form}, {level}, {report.decoder} took "
        f"{report.decoding_seconds:.2f} s{drums}",
        as_json=args.json,
        output=args.output,
    )
    return 0


def _mel_scale(name: str) -> str:
    """A name that `mel_form` knows."""
    try:
        return mel_form(name).name
    except AudioError as error:
        raise ArgumentTypeError(str(error)) from error


def _check_places(path: Path, output: Path, save_mel_to: Path | None, mel_scale: str | None) -> None:
    check_wav_output(output)
    if save_mel_to is not None and save_mel_to.suffix.lower() != MEL_SUFFIX:
        raise AudioError(f"The mel {save_mel_to} must end in {MEL_SUFFIX}.")
    if mel_scale is not None and path.suffix.lower() != MEL_SUFFIX:
        raise AudioError(f"--mel-scale belongs to {MEL_SUFFIX} files, and {path} is none.")
    for written in (output, save_mel_to):
        if written is not None and written.resolve() == path.resolve():
            raise AudioError(f"Writing {written} would overwrite the input; choose another output.")


def _read(args: Namespace, options: DrumOptions, services: Services) -> _Source:
    from musegen_daw.vocoder.decoder_input import DecoderInput, input_of_audio
    from musegen_daw.vocoder.mel_input import MelInput

    def opened(path: Path) -> MelDecoder:
        model = args.model or chosen_model(path, args.input, mel_scale=args.mel_scale)
        return services.open_decoder(
            DecoderOptions(
                args.method, model, args.iterations, args.inversion, args.threads, options.settings.seed
            )
        )

    suffix = args.input.suffix.lower()
    if suffix == MEL_SUFFIX:
        from musegen_daw.vocoder.mel_file import load_mel

        decoder = opened(args.input)
        mel = load_mel(args.input, decoder.mel, terminal.note, args.mel_scale)
        return _Source(DecoderInput(MelInput(mel)), decoder)
    if suffix not in MIDI_SUFFIXES:
        decoder = opened(args.input)
        return _Source(input_of_audio(args.input, decoder.mel, is_mono=args.mono), decoder)
    # A model that is named is opened first, because rendering takes long.
    named = opened(args.input) if args.model else None
    song, drum_seed = song_with_drums(
        args.input, None, resources.drum_model_dir(), options, services.open_generator
    )
    with rendered_beside(args.output) as rendered:
        render(song, rendered, services.bounce_song, shown_as=args.output)
        decoder = named or opened(rendered)
        return _Source(input_of_audio(rendered, decoder.mel, is_mono=args.mono), decoder, drum_seed)
