"""New takes by the bundled model, with locked notes kept, and bars that are written again."""

import pytest

from musegen_daw import resource_paths as resources
from musegen_daw.clips import edits, plan_edits
from musegen_daw.clips.document import MidiSource
from musegen_daw.clips.generating import generation, rewriting
from musegen_daw.clips.opening import open_clip, read_source, set_primer
from musegen_daw.clips.plan_edits import PlanEdit
from musegen_daw.drums.generator import DrumGenerator
from musegen_daw.drums.plan import BarKind, BarPlan, Plan
from musegen_daw.drums.request import DrumSettings
from musegen_daw.errors import MusegenError, ProjectError
from musegen_daw.midi.file import read_midi as read_song
from musegen_daw.midi.file import song_to_bytes
from musegen_daw.music.clip import Marker, Song
from musegen_daw.music.kit import VOICES
from tests.cli.doubles import TIME_MAP, part
from tests.style_book import BOOK, NAMES


@pytest.fixture(scope="module")
def generator():
    return DrumGenerator.open(resources.drum_model_dir())


@pytest.fixture(scope="module")
def piano(generator):
    """A real clip with three takes."""
    source = read_source(resources.clips_dir() / "piano-ballad.mid")
    document = open_clip([source], 1, DrumSettings(seed=0, variations=3))
    return written(document, generator, 11)


def written(document, generator, seed):
    asked = generation(document, seed, generator.styles)
    return asked.takes_in(document, generator.generate(asked.request))


def test_takes_come_with_their_seed_and_the_first_is_picked(piano):
    assert [take.seed for take in piano.takes] == [11, 11, 11]
    assert all(take.log_likelihood is not None for take in piano.takes)
    assert piano.picked == 1
    assert all(take.settings.seed == 11 for take in piano.takes)


def test_generation_is_deterministic(piano, generator):
    again = written(piano, generator, 11)
    assert [take.written for take in again.takes[3:]] == [take.written for take in piano.takes]


def test_locked_notes_are_kept_and_the_rest_is_new(piano, generator):
    edited = edits.add_hit(piano, VOICES.index("kick"), 123)
    locked = edits.lock_bar(edits.lock_voice(edited, "kick", True), 1, True)
    kept = [
        note for note, held in zip(locked.drums.notes, locked.locks(locked.drums.notes), strict=True) if held
    ]
    assert kept
    after = written(locked, generator, 12)
    for take in after.takes[3:]:
        held = [
            note for note, held in zip(take.drums.notes, after.locks(take.drums.notes), strict=True) if held
        ]
        assert held == kept
        assert set(take.drums.notes) != set(locked.drums.notes)


def test_the_model_is_given_locked_notes(piano, generator):
    """With the kick locked, other kicks make it write other snares and hats: the rest depends on what is kept."""
    bare = edits.remove_hits(piano, [note for note in piano.drums.notes if note.pitch in (35, 36)])
    busy = bare
    for ticks in range(0, piano.end_ticks, piano.ppq // 2):
        busy = edits.add_hit(busy, VOICES.index("kick"), ticks, 120)

    def without_kick(document, seed):
        takes = written(edits.lock_voice(document, "kick", True), generator, seed).takes[3:]
        return [[note for note in take.written.notes if note.pitch != 36] for take in takes]

    assert any(without_kick(bare, seed) != without_kick(busy, seed) for seed in (5, 6))


def test_a_primer_is_not_part_of_the_take(piano, generator):
    primed = set_primer(piano, read_source(resources.style_path("funk")))
    after = written(primed, generator, 11)
    assert after.takes[3].written.length_ticks == piano.end_ticks
    assert after.takes[3].written.notes != piano.takes[0].written.notes
    assert after.takes[3].written.notes[0].start_ticks < piano.bars[1].end_ticks


def test_a_style_is_looked_up_in_the_model_and_markers_are_sections():
    markers = (Marker(0, "Verse"), Marker(2 * 3840, "Chorus"))
    source = MidiSource("verse.mid", song_to_bytes(Song((part(),), TIME_MAP, markers)))
    document = open_clip([source], 1, DrumSettings(seed=0, style="1", fills=0.2))
    request = generation(document, 3, BOOK).request
    assert request.style.name == NAMES[1]
    assert (request.fills, request.sections) == (0.2, (0, 2))
    with pytest.raises(MusegenError, match="xyzzy"):
        generation(edits.set_settings(document, DrumSettings(seed=0, style="xyzzy")), 1, BOOK)


def test_impossible_requests_raise(document):
    with pytest.raises(ProjectError, match="Choose at least one track"):
        generation(edits.follow_parts(document, ()), 1)
    for voice in VOICES:
        document = edits.lock_voice(document, voice, True)
    with pytest.raises(ProjectError, match="Everything is locked"):
        generation(document, 1)


def rewritten(document, edit, generator, **options):
    asked = rewriting(document, edit, generator.styles, **options)
    return asked.applied(document, generator.generate(asked.request))


@pytest.fixture(scope="module")
def long_take(generator):
    """A take of a song of sixteen bars in two sections."""
    bass = read_song(resources.clips_dir() / "funk-bass.mid")
    length = bass.clips[0].length_ticks
    twice = Song(
        tuple(part.merge(part.shift(length)) for part in bass.clips),
        bass.time_map,
        markers=(Marker(0, "verse"), Marker(length, "chorus")),
    )
    document = open_clip([MidiSource("long.mid", song_to_bytes(twice))], 1, DrumSettings(variations=2))
    return edits.pick_take(written(document, generator, 3), 2)


def in_bars(document, bars):
    return [note for note in document.drums.notes if document.bar_of(note.start_ticks) in bars]


def test_a_take_that_is_written_again_as_planned_comes_out_the_same(long_take, generator):
    every = range(len(long_take.bars))
    after = rewritten(long_take, PlanEdit(long_take.take.plan, frozenset(every)), generator)
    assert after.take == long_take.take
    assert after.take.index == 1


def test_an_edited_section_changes_and_the_others_stay_hit_for_hit(long_take, generator):
    first, second = plan_edits.sections_of(long_take.take.plan)
    loud = rewritten(long_take, plan_edits.with_feel(long_take.take.plan, second, 0.9, 1.0), generator)
    assert in_bars(loud, first) == in_bars(long_take, first)
    assert len(in_bars(loud, second)) > len(in_bars(long_take, second))
    assert loud.take.is_edited
    soft = rewritten(long_take, plan_edits.with_feel(long_take.take.plan, second, 0.1, 0.0), generator)
    assert len(in_bars(soft, second)) < len(in_bars(long_take, second))

    def loudness(document):
        return [note.velocity for note in in_bars(document, second) if note.pitch in (36, 38)]

    assert max(loudness(soft)) < min(sum(loudness(loud)) / len(loudness(loud)), 127)
    back = edits.revert_take(loud)
    assert back.take.plan == long_take.take.written_plan
    assert back.drums == long_take.drums


def test_a_fill_is_added_in_its_bar_alone_and_locks_hold(long_take, generator):
    edit = plan_edits.with_kind(long_take.take.plan, 3, BarKind.FILL)
    filled = rewritten(long_take, edit, generator)
    others = set(range(len(long_take.bars))) - {3}
    assert in_bars(filled, others) == in_bars(long_take, others)
    assert in_bars(filled, {3}) != in_bars(long_take, {3})
    assert rewriting(edits.lock_bar(long_take, 3, True), edit, generator.styles) is None


def test_a_section_in_another_style_keeps_it_in_its_plan(long_take, generator):
    second = plan_edits.sections_of(long_take.take.plan)[1]
    other = next(
        name
        for name, meter in zip(generator.styles.names, generator.styles.meters, strict=True)
        if meter == "4/4" and name != long_take.take.style_name
    )
    after = rewritten(long_take, plan_edits.with_style(long_take.take.plan, second, other), generator)
    assert {after.take.plan[bar].style for bar in second} == {other}
    assert in_bars(after, second) != in_bars(long_take, second)


def test_a_section_is_written_again_with_other_hits(long_take, generator):
    second = plan_edits.sections_of(long_take.take.plan)[1]
    edit = plan_edits.again(long_take.take.plan, second)
    after = [in_bars(rewritten(long_take, edit, generator, is_new=True), second) for _ in range(2)]
    assert after[0] != after[1]


def test_a_section_is_copied_over_another(long_take):
    first, second = plan_edits.sections_of(long_take.take.plan)
    after = edits.copy_bars(long_take, first, second)
    move = long_take.bars[second.start].start_ticks
    copied = [(note.pitch, note.start_ticks - move) for note in in_bars(after, second)]
    assert copied == [(note.pitch, note.start_ticks) for note in in_bars(long_take, first)]
    assert [own.section for own in after.take.plan] == [own.section for own in long_take.take.plan]


def test_without_a_take_there_is_nothing_to_write_again(document):
    with pytest.raises(ProjectError, match="generate one first"):
        rewriting(document, PlanEdit(Plan((BarPlan(),) * 4), frozenset({0})), None)
