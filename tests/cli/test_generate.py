"""`musegen-daw generate` as a person uses it."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import rpp

from musegen_daw import resource_paths as resources
from musegen_daw.drums.plan import BarKind, BarPlan, Plan
from musegen_daw.midi.file import read_midi, write_midi
from musegen_daw.music.clip import Song
from musegen_daw.music.time import TimeMap, TimeSignature
from tests.cli.doubles import TIME_MAP, kit, one_sentence, part


def test_generate_adds_drums_and_keeps_the_rest(run, clip, tmp_path, drummer):
    code, out, err = run("generate", clip, "-o", tmp_path / "out.mid", "--seed", 7)
    assert (code, err) == (0, "")
    assert out.startswith(f"{tmp_path / 'out.mid'}: 5 hits of 'straight rock, eighth hats' in 4 bars, seed 7")
    before, after = read_midi(clip), read_midi(tmp_path / "out.mid")
    assert after.time_map == before.time_map
    assert after.clips[:-1] == before.clips
    assert [n.start_ticks for n in after.clips[-1].notes] == [0, 0, 3840, 7680, 11520]
    assert after.clips[-1].is_drum
    assert drummer.opened == [resources.drum_model_dir()]
    (request,) = drummer.requests
    assert (request.seed, request.ppq, request.variations, len(request.bars)) == (7, 960, 1, 4)
    assert [clip.name for clip in request.parts] == ["Keys", "Bass"]


def test_a_seed_is_chosen_and_told(run, clip, tmp_path, drummer):
    _, out, _ = run("generate", clip, "-o", tmp_path / "out.mid")
    assert f"seed {drummer.requests[0].seed}" in out
    run("generate", clip, "-o", tmp_path / "out.mid")
    assert drummer.requests[0].seed != drummer.requests[1].seed


def test_old_drums_are_replaced(run, tmp_path, drummer):
    write_midi(Song((part(), kit(0, 960)), TIME_MAP), tmp_path / "in.mid")
    assert run("generate", tmp_path / "in.mid", "-o", tmp_path / "out.mid")[0] == 0
    drums = read_midi(tmp_path / "out.mid").drums
    assert {n.pitch for clip in drums for n in clip.notes} == {36, 37}
    assert drummer.requests[0].locked is None


def test_keep_drums_writes_only_the_bars_without(run, tmp_path, drummer):
    write_midi(Song((part(), kit(0, 100, 3840)), TIME_MAP), tmp_path / "in.mid")
    assert run("generate", tmp_path / "in.mid", "-o", tmp_path / "out.mid", "--keep-drums")[0] == 0
    (drums,) = read_midi(tmp_path / "out.mid").drums
    assert [(n.start_ticks, n.pitch) for n in drums.notes] == [
        (0, 38),
        (100, 38),
        (3840, 38),
        (7680, 36),
        (11520, 36),
    ]
    (request,) = drummer.requests
    assert request.locked_bars == {0, 1}
    assert len(request.locked.notes) == 3


def test_keep_drums_says_when_there_is_nothing_to_write_or_keep(run, clip, tmp_path):
    full = tmp_path / "full.mid"
    write_midi(Song((part(bars=1), kit(0)), TIME_MAP), full)
    code, _, err = run("generate", full, "-o", tmp_path / "out.mid", "--keep-drums")
    assert code == 1
    assert "already has drums" in one_sentence(err)
    code, _, err = run("generate", clip, "-o", tmp_path / "out.mid", "--keep-drums")
    assert code == 0
    assert "has no drums to keep" in err


def test_only_drums(run, clip, tmp_path):
    assert run("generate", clip, "-o", tmp_path / "out.mid", "--only-drums")[0] == 0
    song = read_midi(tmp_path / "out.mid")
    assert [clip.is_drum for clip in song.clips] == [True]
    assert song.time_map == TIME_MAP
    assert song.clips[0].length_ticks == 4 * 3840


def test_variations_are_numbered_likeliest_first(run, clip, tmp_path):
    code, out, _ = run("generate", clip, "-o", tmp_path / "out.mid", "--variations", 3, "--json")
    assert code == 0
    facts = [json.loads(line) for line in out.splitlines()]
    assert [Path(f["output"]).name for f in facts] == ["out-1.mid", "out-2.mid", "out-3.mid"]
    assert [f["log_likelihood"] for f in facts] == [0.0, -1.0, -2.0]
    assert [read_midi(f["output"]).drums[0].notes[1].velocity for f in facts] == [1, 2, 3]


def test_json_tells_all_facts(run, clip, tmp_path):
    _, out, _ = run("generate", clip, "-o", tmp_path / "out.mid", "--seed", 3, "--json")
    facts = json.loads(out)
    assert facts.pop("seconds") >= 0
    assert facts == {
        "input": str(clip),
        "output": str(tmp_path / "out.mid"),
        "seed": 3,
        "bars": 4,
        "hits": 5,
        "hits_per_bar": 1.25,
        "log_likelihood": 0.0,
        "model": "fake drummer",
        "style": "straight rock, eighth hats",
        "style_code": 0,
        "style_probability": 0.5,
        "sections": [1],
        "parts": [
            {
                "number": 1,
                "name": "Keys",
                "channel": 1,
                "program": 0,
                "instrument": "Acoustic Grand Piano",
                "followed": True,
            },
            {
                "number": 2,
                "name": "Bass",
                "channel": 2,
                "program": 33,
                "instrument": "Fingered Bass",
                "followed": True,
            },
        ],
        "plan": Plan((BarPlan(), *(BarPlan(BarKind.REPEAT, 1),) * 3)).to_list(),
    }


def test_several_inputs_in_one_process(run, clip, tmp_path, drummer):
    other, bad = tmp_path / "other.mid", tmp_path / "bad.mid"
    write_midi(Song((part(bars=2),), TimeMap(960)), other)
    bad.write_bytes(b"nothing")
    code, out, err = run("generate", clip, bad, other, "-o", tmp_path / "out")
    assert code == 1
    assert "bad.mid is not a MIDI file" in one_sentence(err)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["clip-drums.mid", "other-drums.mid"]
    assert len(out.splitlines()) == 2
    assert len(drummer.opened) == 1


def test_bars_cut_and_continue(run, clip, tmp_path, drummer):
    run("generate", clip, "-o", tmp_path / "two.mid", "--bars", 2)
    run("generate", clip, "-o", tmp_path / "six.mid", "--bars", 6)
    assert [len(request.bars) for request in drummer.requests] == [2, 6]
    assert drummer.requests[1].bars[-1].end_ticks == 6 * 3840
    assert read_midi(tmp_path / "two.mid").clips[:-1] == read_midi(clip).clips


def test_tracks_are_chosen_by_name_or_number(run, clip, tmp_path, drummer):
    run("generate", clip, "-o", tmp_path / "out.mid", "--track", "bass")
    run("generate", clip, "-o", tmp_path / "out.mid", "--track", "1", "--track", "Bass")
    names = [[part.name for part in request.parts] for request in drummer.requests]
    assert names == [["Bass"], ["Keys", "Bass"]]
    code, _, err = run("generate", clip, "-o", tmp_path / "none.mid", "--track", "flute")
    assert code == 1
    assert (
        "there is no track 'flute'; there are 1 'Keys' (channel 1, Acoustic Grand Piano), 2 'Bass' ("
        in one_sentence(err)
    )


def test_an_unlisted_instrument_is_followed_with_a_note(run, tmp_path, drummer):
    write_midi(Song((part("Pad", 90),), TIME_MAP), tmp_path / "in.mid")
    code, _, err = run("generate", tmp_path / "in.mid", "-o", tmp_path / "out.mid")
    assert code == 0
    assert err.startswith("Note: ")
    assert "'Pad'" in err
    assert len(drummer.requests[0].parts) == 1


def test_a_primer_is_placed_in_the_bars_before(run, clip, tmp_path, drummer):
    primer = tmp_path / "primer.mid"
    write_midi(Song((kit(0, 240, 480, ppq=240, length_ticks=1920),), TimeMap(240)), primer)
    assert run("generate", clip, "-o", tmp_path / "out.mid", "--primer", primer)[0] == 0
    (request,) = drummer.requests
    assert [(b.start_ticks, b.length_ticks) for b in request.primer_bars] == [(0, 3840), (3840, 3840)]
    assert [n.start_ticks for n in request.primer.notes] == [0, 960, 1920]
    assert request.bars[0].start_ticks == 7680
    assert request.parts[0].notes[0].start_ticks == 7680
    drums = read_midi(tmp_path / "out.mid").drums[0]
    assert [n.start_ticks for n in drums.notes] == [0, 0, 3840, 7680, 11520]


def test_a_primer_exported_on_another_channel_is_taken_with_a_note(run, clip, tmp_path, drummer):
    primer = tmp_path / "primer.mid"
    write_midi(Song((replace(kit(0), is_drum=False),), TimeMap(960)), primer)
    code, _, err = run("generate", clip, "-o", tmp_path / "out.mid", "--primer", primer)
    assert code == 0
    assert "no track that is known to be drums" in err
    assert drummer.requests[0].primer.is_drum
    code, _, err = run("generate", clip, "-o", tmp_path / "out.mid", "--primer", clip)
    assert code == 1
    assert "has no drums" in one_sentence(err)


@pytest.mark.parametrize("name", resources.drum_map_names())
def test_bundled_drum_maps_are_used(run, clip, tmp_path, name):
    assert run("generate", clip, "-o", tmp_path / "out.mid", "--drum-map", name)[0] == 0
    drum_map = resources.load_drum_map(name)
    pitches = {n.pitch for n in read_midi(tmp_path / "out.mid").drums[0].notes}
    assert pitches == {drum_map.pitches["kick"], drum_map.pitches["side stick"]}


def test_own_drum_maps(run, clip, tmp_path):
    (tmp_path / "mine.toml").write_text("[pitches]\nkick = 24\nsnare = 26\n")
    assert run("generate", clip, "-o", tmp_path / "out.mid", "--drum-map", tmp_path / "mine.toml")[0] == 0
    assert {n.pitch for n in read_midi(tmp_path / "out.mid").drums[0].notes} == {24, 26}
    (tmp_path / "bad.toml").write_text("[pitches]\nkik = 24\n")
    for given, said in [("bad.toml", "'kik' is not a piece"), ("none.toml", "does not exist")]:
        code, _, err = run("generate", clip, "-o", tmp_path / "x.mid", "--drum-map", tmp_path / given)
        assert code == 1
        assert said in one_sentence(err)
    code, _, err = run("generate", clip, "-o", tmp_path / "x.mid", "--drum-map", "polka")
    assert code == 1
    assert "general-midi" in one_sentence(err)
    assert "general-midi" in run("--list-drum-maps")[1]


def test_other_meters_are_noted_or_refused(run, tmp_path, drummer):
    path = tmp_path / "eleven.mid"
    write_midi(Song((part(),), TimeMap(960, (), (TimeSignature(0, 11, 8),))), path)
    code, _, err = run("generate", path, "-o", tmp_path / "out.mid")
    assert code == 0
    assert "11/8 is written in the styles of 4/4, cut at its beats." in err
    assert {bar.length_ticks for bar in drummer.requests[0].bars} == {5280}
    code, _, err = run("generate", path, "-o", tmp_path / "refused.mid", "--strict-meter")
    assert code == 1
    assert "11/8" in one_sentence(err)
    assert not (tmp_path / "refused.mid").exists()


@pytest.mark.parametrize("meter", [(4, 4), (2, 2), (2, 4), (3, 4), (6, 8), (12, 8), (7, 8), (5, 4), (9, 8)])
def test_known_meters_are_written_as_they_are(run, tmp_path, drummer, meter):
    path = tmp_path / "in.mid"
    write_midi(Song((part(),), TimeMap(960, (), (TimeSignature(0, *meter),))), path)
    assert run("generate", path, "-o", tmp_path / "out.mid", "--strict-meter")[::2] == (0, "")
    (request,) = drummer.requests
    assert {bar.length_ticks for bar in request.bars} == {3840 * meter[0] // meter[1]}
    assert {bar.is_compound for bar in request.bars} == {meter[1] == 8 and meter[0] != 7}


def test_a_stray_note_is_left_out_and_said(run, tmp_path, drummer):
    notes = (*part().notes, *kit(90 * 3840).notes)
    path = tmp_path / "stray.mid"
    write_midi(Song((replace(part(), notes=notes),), TIME_MAP), path)
    code, _, err = run("generate", path, "-o", tmp_path / "out.mid")
    assert code == 0
    assert err.startswith("Note: ")
    assert err.count("\n") == 1
    assert "its 4 bars; 1 note more than 64 bars later" in err
    assert run("generate", path, "-o", tmp_path / "out.mid", "--bars", 91)[::2] == (0, "")
    assert [len(request.bars) for request in drummer.requests] == [4, 91]
    assert read_midi(tmp_path / "out.mid").parts == read_midi(path).parts


def test_a_project_for_a_daw_has_all_tracks(run, clip, tmp_path):
    assert run("generate", clip, "-o", tmp_path / "song.rpp", "--seed", 7)[0] == 0
    project = rpp.loads((tmp_path / "song.rpp").read_text(encoding="utf-8"))
    assert [track.find("NAME")[1] for track in project.findall("TRACK")] == ["Keys", "Bass", "Drums"]
    assert run("generate", clip, "-o", tmp_path / "song.dawproject", "--seed", 7)[0] == 0
    with zipfile.ZipFile(tmp_path / "song.dawproject") as archive:
        assert archive.read("project.xml").count(b"<Track ") == 4  # the master too


def test_split_drums_gives_each_piece_a_track(run, clip, tmp_path):
    assert run("generate", clip, "-o", tmp_path / "one.mid", "--seed", 7)[0] == 0
    assert run("generate", clip, "-o", tmp_path / "split.mid", "--seed", 7, "--split-drums")[0] == 0
    one, split = read_midi(tmp_path / "one.mid"), read_midi(tmp_path / "split.mid")
    assert split.parts == one.parts
    assert [drums.name for drums in split.drums] == ["Kick", "Side stick"]
    assert sorted((n for drums in split.drums for n in drums.notes), key=repr) == sorted(
        one.drums[0].notes, key=repr
    )
    assert {drums.program for drums in split.drums} == {one.drums[0].program}


def test_split_drums_in_a_project_and_with_a_drum_map(run, clip, tmp_path):
    path = tmp_path / "kit.toml"
    path.write_text('name = "Mine"\n[pitches]\nkick = 60\n"side stick" = 61\n', encoding="utf-8")
    options = ("--split-drums", "--drum-map", path, "--seed", 7)
    assert run("generate", clip, "-o", tmp_path / "song.rpp", *options)[0] == 0
    project = rpp.loads((tmp_path / "song.rpp").read_text(encoding="utf-8"))
    names = [track.find("NAME")[1] for track in project.findall("TRACK")]
    assert names == ["Keys", "Bass", "Kick", "Side stick"]


def test_a_suffix_that_no_daw_reads_is_refused(run, clip, tmp_path):
    code, _, err = run("generate", clip, "-o", tmp_path / "song.als")
    assert code == 1
    assert "must be a folder or end in .mid, .dawproject, .rpp, .rtracktemplate." in one_sentence(err)
