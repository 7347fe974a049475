"""Functions for scripts: generate drums for a clip, bounce it to WAV, and resynthesise audio.

Notes of the command line are logged as warnings of the logger "musegen_daw"; progress is shown on a terminal.
"""

from __future__ import annotations

import logging
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musegen_daw import resource_paths
from musegen_daw.cli.bounce import song_with_drums
from musegen_daw.cli.drum_request import DrumOptions, FileForm, drum_task, read_song
from musegen_daw.cli.resynthesis import Resynthesis, chosen_model, resynthesise
from musegen_daw.drums.generator import DrumGenerator
from musegen_daw.drums.request import DrumSettings
from musegen_daw.files import write_bytes
from musegen_daw.playback import bounce as rendering
from musegen_daw.playback.bounce import BounceReport
from musegen_daw.suffixes import MEL_SUFFIX
from musegen_daw.vocoder.options import DecoderOptions

if TYPE_CHECKING:
    from musegen_daw.drums.request import DrumTake

_LOG = logging.getLogger("musegen_daw")


def generate(
    path: Path | str,
    output: Path | str,
    *,
    only_drums: bool = False,
    split_drums: bool = False,
    loop: bool = False,
    model: Path | str | None = None,
    **settings: Any,
) -> tuple[DrumTake, ...]:
    """Write drums for a .mid; returns the takes, the best fitting first.

    `output` is a .mid, or a project with all tracks: .dawproject, .rpp or .rtracktemplate. With `loop` every track
    ends exactly at the last bar line.
    `settings` are the fields of `DrumSettings`: style, density, energy, seed, variations ... Several variations are
    written to `output` with -1, -2 ... after the name. Raises MusegenError, TypeError for an unknown setting.

    >>> musegen_daw.generate("riff.mid", "riff-drums.mid", style="bossa", seed=1)
    """
    options = DrumOptions(_settings(settings))
    given = read_song(Path(path), options, _LOG.warning)
    task = drum_task(given.song, str(path), options, _LOG.warning)
    generator = DrumGenerator.open(_model_dir(model))
    job = task.job(generator.styles)
    takes = generator.generate(job.request).takes
    base = Path(output)
    for number, take in enumerate(takes, 1):
        path_of_take = base if len(takes) == 1 else base.with_stem(f"{base.stem}-{number}")
        form = FileForm(only_drums=only_drums, split_drums=split_drums, loop=loop)
        written = job.file_of(take.drums, given, path_of_take, form)
        write_bytes(path_of_take, written)
    return takes


def bounce(
    path: Path | str,
    output: Path | str,
    *,
    soundfont: Path | str | None = None,
    sample_rate_hz: int = 44_100,
    stems_dir: Path | str | None = None,
    loop: bool = False,
    model: Path | str | None = None,
    **settings: Any,
) -> BounceReport:
    """Render a .mid to a WAV, with generated drums where it has none; `settings` as for `generate`.

    Raises MusegenError, TypeError for an unknown setting.

    >>> musegen_daw.bounce("riff-drums.mid", "riff.wav", stems_dir="stems")
    """
    options = DrumOptions(_settings({**settings, "variations": 1}))
    song, _ = song_with_drums(Path(path), None, _model_dir(model), options, DrumGenerator.open, _LOG.warning)
    return rendering.bounce(
        song,
        Path(output),
        soundfont=None if soundfont is None else Path(soundfont),
        sample_rate_hz=sample_rate_hz,
        stems_dir=None if stems_dir is None else Path(stems_dir),
        loop=loop,
    )


def vocode(
    path: Path | str,
    output: Path | str,
    *,
    model: str | None = None,
    stretch: float = 1.0,
    pitch: float = 0.0,
    keep_formants: bool = False,
    threads: int = 1,
    mono: bool = False,
    mel_scale: str | None = None,
) -> Resynthesis:
    """Resynthesise audio, or a mel spectrogram (.npy), to a WAV through the vocoder.

    `stretch` is the factor of the length, `pitch` is in semitones (`keep_formants`: the timbre stays), `model` a name
    in `resources/models` or a folder, by default the one that fits the source. A stereo source comes back stereo unless
    `mono`. `mel_scale` names what the values of a .npy are, or whose mel it is (`musegen-daw --list-mel-scales`).
    Raises MusegenError.

    >>> musegen_daw.vocode("voice.wav", "slower.wav", stretch=1.25)
    """
    from musegen_daw.vocoder.decoder_input import DecoderInput, edited_input, input_of_audio
    from musegen_daw.vocoder.decoders import open_decoder
    from musegen_daw.vocoder.mel_file import load_mel
    from musegen_daw.vocoder.mel_input import MelInput

    source, written = Path(path), Path(output)
    model = model or chosen_model(source, source, _LOG.info, mel_scale)
    decoder = open_decoder(DecoderOptions(model=model, threads=threads))
    if source.suffix.lower() == MEL_SUFFIX:
        given = DecoderInput(MelInput(load_mel(source, decoder.mel, _LOG.warning, mel_scale)))
    else:
        given = input_of_audio(source, decoder.mel, is_mono=mono)
    changed = edited_input(given, stretch, pitch, decoder.mel, keep_formants)
    return resynthesise(changed, decoder, written, shown_as=written, note=_LOG.warning)


def _settings(settings: dict[str, Any]) -> DrumSettings:
    return DrumSettings(**{"seed": secrets.randbelow(2**31), **settings})


def _model_dir(model: Path | str | None) -> Path:
    return resource_paths.drum_model_dir() if model is None else Path(model)
