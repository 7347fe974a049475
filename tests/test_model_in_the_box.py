"""The model that ships: it is the committed checkpoint, it plays, it listens, it takes orders."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from export.drums import parity
from musegen_daw.drums.generator import DrumGenerator
from musegen_daw.drums.request import DrumRequest
from musegen_daw.midi.file import read_midi
from musegen_daw.models.spec import load_spec
from musegen_daw.music.clip import Clip
from musegen_daw.resource_paths import clips_dir, drum_model_dir, style_names, style_path
from training.drums.train import load_model

CHECKPOINT = Path(__file__).resolve().parent.parent / "resources/checkpoints/drums-lstm.safetensors"
CLIPS = sorted(path.stem for path in clips_dir().glob("*.mid"))


@pytest.fixture(scope="module")
def generator() -> DrumGenerator:
    return DrumGenerator.open(drum_model_dir())


def _request(clip: str, **changes: object) -> DrumRequest:
    song = read_midi(clips_dir() / f"{clip}.mid")
    end = max(part.length_ticks for part in song.parts)
    bars = song.time_map.bars(end)
    request = DrumRequest(song.parts, bars, song.time_map.ppq, bpm=song.time_map.bpm_at(0), seed=5)
    return replace(request, **changes)  # pyright: ignore[reportArgumentType]


def _hits(drums: Clip) -> set[tuple[int, int]]:
    return {(note.start_ticks, note.pitch) for note in drums.notes}


def test_the_graphs_are_the_checkpoint() -> None:
    model, _, values = load_model(CHECKPOINT)
    spec = load_spec(drum_model_dir(), "drums")
    assert spec.facts["step"] == values["progress"]["step"]
    assert parity(model, spec, drum_model_dir(), length=96).logits < 1e-4


def test_no_file_is_too_large_to_keep() -> None:
    files = [CHECKPOINT, *drum_model_dir().iterdir()]
    assert all(path.stat().st_size <= 25_000_000 for path in files)


@pytest.mark.parametrize("clip", CLIPS)
def test_every_bundled_clip_gets_drums_in_every_bar(generator, clip) -> None:
    request = _request(clip)
    drums = generator.generate(request).takes[0].drums
    assert drums.notes == generator.generate(request).takes[0].drums.notes
    for bar in request.bars:
        assert any(bar.start_ticks <= note.start_ticks < bar.end_ticks for note in drums.notes)
    assert {36, 38} & {note.pitch for note in drums.notes}


def test_it_plays_few_flams(generator) -> None:
    """Of human hits three in a hundred fall on a sixteenth at which the piece has just been struck."""
    hits = doubles = 0
    for clip in CLIPS:
        request = _request(clip)
        notes = generator.generate(request).takes[0].drums.notes
        struck = {(note.pitch, (note.start_ticks + request.ppq // 8) * 4 // request.ppq) for note in notes}
        hits += len(notes)
        doubles += len(notes) - len(struck)
    assert doubles <= 0.05 * hits


def test_it_plays_with_dynamics(generator) -> None:
    takes = generator.generate(_request("funk-bass", variations=4)).takes
    assert np.mean([len({note.velocity for note in take.drums.notes}) for take in takes]) >= 3


def test_it_listens(generator) -> None:
    """Another part, all else the same, gives other drums."""
    request = _request("demo", temperature=0.0)
    other = replace(_request("metal-riff", temperature=0.0), bars=request.bars, bpm=request.bpm)
    one, two = (_hits(generator.generate(each).takes[0].drums) for each in (request, other))
    assert len(one & two) < 0.9 * len(one | two)


def test_density_is_obeyed(generator) -> None:
    counts = [
        np.mean(
            [
                len(take.drums.notes)
                for take in generator.generate(_request("demo", density=each, variations=4)).takes
            ]
        )
        for each in (0.0, 0.5, 1.0)
    ]
    assert counts[0] < counts[1] < counts[2]


def test_energy_is_obeyed(generator) -> None:
    loud = [
        np.mean(
            [
                note.velocity
                for take in generator.generate(_request("demo", energy=each, variations=4)).takes
                for note in take.drums.notes
            ]
        )
        for each in (0.0, 1.0)
    ]
    assert loud[1] > loud[0] + 15


def test_a_style_is_gone_on_with(generator) -> None:
    """Given a groove, the drums are nearer to it than without it, in most styles."""
    nearer = 0
    for style in style_names():
        groove = read_midi(style_path(style))
        request = _request("demo")
        lead = groove.time_map.bars(groove.drums[0].length_ticks)
        ticks = lead[-1].end_ticks
        behind = replace(
            request,
            parts=tuple(part.shift(ticks) for part in request.parts),
            bars=tuple(replace(bar, start_ticks=bar.start_ticks + ticks) for bar in request.bars),
            primer=groove.drums[0].at_ppq(request.ppq),
            primer_bars=lead,
        )
        beat = {(note.start_ticks % 1920, note.pitch) for note in groove.drums[0].notes}
        with_it, without = (
            {
                ((at + 60) % 1920 // 120 * 120, pitch)
                for at, pitch in _hits(generator.generate(each).takes[0].drums)
            }
            for each in (behind, request)
        )
        grid = {(at // 120 * 120, pitch) for at, pitch in beat}
        near = [len(grid & played) / max(1, len(grid | played)) for played in (with_it, without)]
        nearer += near[0] > near[1]
    assert nearer >= 0.7 * len(style_names())


def test_the_card_names_what_it_must() -> None:
    card = (drum_model_dir() / "README.md").read_text(encoding="utf-8")
    for word in ("Groove MIDI", "CC BY 4.0", "class", "limits", "onset F1"):
        assert word.lower() in card.lower()


def test_the_description_is_plain_json() -> None:
    facts = json.loads((drum_model_dir() / "model.json").read_text(encoding="utf-8"))
    roles = {"encode", "choose", "expect", "look_back", "step", "step_8bit", "plan", "hand", "critic"}
    assert roles == set(facts["graphs"])
    assert all(graph["bytes"] <= 25 << 20 for graph in facts["graphs"].values())
