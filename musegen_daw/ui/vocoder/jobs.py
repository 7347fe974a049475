"""What the Vocoder panel does on workers: read, render, resynthesise, write."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from musegen_daw.errors import MusegenError
from musegen_daw.playback.resynthesis import (
    Given,
    Rendition,
    decode,
    free_path,
    read_given,
    render_given,
    write_wav,
)
from musegen_daw.resource_paths import models_dir
from musegen_daw.ui.context import AppContext
from musegen_daw.ui.vocoder.picture import MelPicture, difference_of, picture_of
from musegen_daw.ui.vocoder.workbench import VOCODER, LoadRequest, MelEdits
from musegen_daw.ui.work import JobContext
from musegen_daw.vocoder.decoders import VocoderFacts, find_vocoders
from musegen_daw.vocoder.griffin_lim import ITERATIONS, GriffinLim
from musegen_daw.vocoder.mel import MelConfig
from musegen_daw.workers.remote import RemoteDecoder, vocode_with

SCALE_MENU = "the menu Scale"
FALLBACK_RATE_HZ = 48_000
SEGMENT_FRAMES = 512
"""Frames that Griffin-Lim computes between two checks for cancellation."""


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A source with its picture, and the sample rate of the deck that plays it."""

    request: LoadRequest
    given: Given
    deck_rate_hz: int
    picture: MelPicture


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A result: how it was made, its picture, and the picture of its difference from the mel it was made from."""

    shape: MelEdits
    by: str
    model: VocoderFacts | None
    rendition: Rendition
    picture: MelPicture
    difference: MelPicture


def look_for_models(folder: str) -> tuple[tuple[VocoderFacts, ...], tuple[str, ...]]:
    """Bundled vocoders and those in the user's models folder, and a sentence for each that is damaged."""
    folders = [models_dir(), *([Path(folder)] if folder else [])]
    return find_vocoders(folders)


def load(
    request: LoadRequest, models: tuple[VocoderFacts, ...], context: AppContext, task: JobContext
) -> Loaded:
    """The source as the mel of the model that fits it, of these."""
    config = models if len(models) > 1 else models[0].mel if models else MelConfig()
    deck_rate_hz = rate_of(context)
    reading = task.progress("Reading" if request.song is None else "Rendering the clip")
    if request.song is not None:
        soundfont = context.settings.current.soundfont
        given = context.compute(
            render_given, request.name, request.song, config, deck_rate_hz, Path(soundfont) if soundfont else None,
            progress=reading, cancelled=task.is_cancelled,
        )  # fmt: skip
    else:
        path = request.path or Path()
        given = context.compute(
            partial(read_given, scale=request.scale, scale_option=SCALE_MENU), path, config, deck_rate_hz,
            progress=reading, cancelled=task.is_cancelled,
        )  # fmt: skip
    task.check()
    return Loaded(request, given, deck_rate_hz, picture_of(given.mel.mel, given.config))


def resynthesise(
    loaded: Loaded,
    method: str,
    model: VocoderFacts | None,
    shape: MelEdits,
    context: AppContext,
    task: JobContext,
) -> Made:
    task.report(0.0, method)
    given = loaded.given
    if method == VOCODER and model is not None:
        decoder = context.vocoder(str(model.folder))
        by = model.title
    else:
        model = None
        there = GriffinLim(given.config, ITERATIONS, segment_frames=SEGMENT_FRAMES)
        decoder = RemoteDecoder(there.name, there.mel, partial(context.compute, vocode_with, there))
        by = f"{ITERATIONS} iterations"
    rendition = decode(
        given, decoder, method, loaded.deck_rate_hz, shape.stretch, shape.semitones,
        task.progress(method), task.is_cancelled, keep_formants=shape.keep_formants,
    )  # fmt: skip
    task.check()
    return Made(
        shape,
        by,
        model,
        rendition,
        picture_of(rendition.mel, given.config),
        difference_of(rendition.mel, rendition.wanted, given.config),
    )


def save(made: Made, path: Path) -> Path:
    write_wav(path, made.rendition.audio, made.rendition.sample_rate_hz)
    return path


def save_to_drag(made: Made, folder: Path, stem: str) -> Path:
    """Write to a new file in `folder`: a program that took an earlier one may still read it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MusegenError(f"Cannot make the folder {folder} for files to drag out: {error}.") from error
    return save(made, free_path(folder, stem))


def rate_of(context: AppContext) -> int:
    """The sample rate of decks: that of the sound device, if there is one."""
    try:
        return context.player().sample_rate_hz
    except MusegenError:
        return FALLBACK_RATE_HZ
