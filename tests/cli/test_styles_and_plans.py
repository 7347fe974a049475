"""`musegen-daw generate` with styles, plans, sections and the controls of a drummer."""

import json

import pytest

from musegen_daw import resource_paths as resources
from musegen_daw.drums.plan import BarKind, BarPlan, Plan
from musegen_daw.midi.file import read_midi, write_midi
from musegen_daw.music.clip import Marker, Song
from musegen_daw.music.time import TimeMap
from tests.cli.doubles import TIME_MAP, kit, one_sentence, part
from tests.style_book import BOOK, NAMES


@pytest.mark.parametrize(
    ("asked", "name"), [("1", NAMES[1]), (NAMES[0], NAMES[0]), ("bossa", "bossa"), ("funk", "funk")]
)
def test_a_style_is_asked_for_by_code_name_or_groove(run, clip, tmp_path, drummer, asked, name):
    code, out, err = run("generate", clip, "-o", tmp_path / "out.mid", "--style", asked)
    assert (code, err) == (0, "")
    assert drummer.requests[0].style.name == name
    assert f"of {name!r}" in out


def test_a_file_of_drums_is_a_style(run, clip, tmp_path, drummer):
    loop = tmp_path / "loop.mid"
    write_midi(Song((kit(0, 960, 1920, 2880, length_ticks=3840),), TimeMap(960)), loop)
    assert run("generate", clip, "-o", tmp_path / "out.mid", "--style", loop)[0] == 0
    style = drummer.requests[0].style
    assert style.name == "loop"
    assert style.pattern[0, ::4].sum() == 4
    code, _, err = run("generate", clip, "-o", tmp_path / "out.mid", "--style", tmp_path / "none.mid")
    assert code == 1
    assert "none.mid" in one_sentence(err)
    code, _, err = run("generate", clip, "-o", tmp_path / "out.mid", "--style", clip)
    assert code == 1
    assert "has no drums" in one_sentence(err)


def test_a_style_that_is_none_is_one_sentence(run, clip, tmp_path):
    code, out, err = run("generate", clip, "-o", tmp_path / "no.mid", "--style", "xyzzy")
    assert (code, out) == (1, "")
    assert "xyzzy" in one_sentence(err)
    assert not (tmp_path / "no.mid").exists()


@pytest.mark.parametrize(
    "words", ["house", "four on the floor", "metal", "bossa", "reggae", "jazz", "swing", "funk", "ballad"]
)
def test_words_of_a_musician_are_styles(run, clip, tmp_path, drummer, words):
    assert run("generate", clip, "-o", tmp_path / "out.mid", "--style", words)[0] == 0
    assert drummer.requests[0].style is not None


def test_all_styles_are_listed(run):
    code, out, err = run("--list-styles")
    assert (code, err) == (0, "")
    lines = [line.strip() for line in out.splitlines()]
    assert set(resources.style_names()) <= set(lines)
    assert [f"{code}  {name}" for code, name in enumerate(NAMES[:2])] == lines[-3:-1]
    assert lines[-1] == f"2  {NAMES[2]} (3/4)"


def test_variations_are_named_and_may_be_in_one_style(run, clip, tmp_path, drummer):
    _, out, _ = run("generate", clip, "-o", tmp_path / "out.mid", "--variations", 3, "--json")
    told = [json.loads(line) for line in out.splitlines()]
    assert [(facts["style"], facts["style_code"]) for facts in told] == [
        (NAMES[code], code) for code in range(3)
    ]
    assert [facts["style_probability"] for facts in told] == [0.5, 0.25, 0.1667]
    run("generate", clip, "-o", tmp_path / "out.mid", "--variations", 3, "--within-style", "--style", "0")
    assert [request.within_style for request in drummer.requests] == [False, True]


def test_what_a_drummer_is_asked_reaches_him(run, clip, tmp_path, drummer):
    asked = {"density": 0.1, "energy": 0.2, "fills": 0.3, "crashes": 0.4, "complexity": 0.5}
    options = [word for name, value in asked.items() for word in (f"--{name}", value)]
    assert run("generate", clip, "-o", tmp_path / "out.mid", *options, "--any-hands")[0] == 0
    assert run("generate", clip, "-o", tmp_path / "out.mid", "--loudness", 0.7, "--fill", 1)[0] == 0
    new, former = drummer.requests
    assert {name: getattr(new, name) for name in asked} == asked
    assert (new.any_hands, former.any_hands) == (True, False)
    assert (former.energy, former.fills, former.crashes) == (0.7, 1.0, None)
    assert "--loudness" not in run("generate", "--help")[1]


def write_plan(path, plan, *, wrapped=False):
    path.write_text(json.dumps({"plan": plan.to_list()} if wrapped else plan.to_list()))
    return path


PLAN = Plan((BarPlan(), BarPlan(BarKind.REPEAT, 1), BarPlan(BarKind.FILL), BarPlan(crash=True, section=1)))


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_plan_is_read_and_told_with_its_sections(run, clip, tmp_path, drummer, wrapped):
    path = write_plan(tmp_path / "plan.json", PLAN, wrapped=wrapped)
    code, out, err = run("generate", clip, "-o", tmp_path / "out.mid", "--plan", path, "--json")
    assert (code, err) == (0, "")
    assert drummer.requests[0].plan == PLAN
    facts = json.loads(out)
    assert facts["plan"] == PLAN.to_list()
    assert facts["sections"] == [1, 4]
    path.write_text(out)  # what was told can be asked for
    assert run("generate", clip, "-o", tmp_path / "out.mid", "--plan", path)[0] == 0
    assert drummer.requests[1].plan == PLAN


def test_a_plan_of_another_length_is_cut_or_begins_again_and_that_is_said(run, clip, tmp_path, drummer):
    path = write_plan(tmp_path / "plan.json", PLAN)
    for bars, said in ((3, "the plan is cut"), (6, "the plan starts again at bar 5")):
        code, _, err = run("generate", clip, "-o", tmp_path / "out.mid", "--plan", path, "--bars", bars)
        assert code == 0
        assert said in err
        assert err.count("\n") == 1
    cut, again = (request.plan for request in drummer.requests)
    assert cut == Plan(PLAN.bars[:3])
    assert again == Plan((*PLAN.bars, *PLAN.bars[:2]))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no", "cannot be read as JSON"),
        ("[" * 100_000, "cannot be read as JSON"),
        ("3", "must be a list of bars"),
        ("[]", "must be a list of bars"),
        ('{"bars": []}', "must be a list of bars"),
        ("[3]", "bar 1 of the plan is not an object"),
        ('[{"kind": "solo"}]', "bar 1 of the plan cannot be used"),
        ('[{"kind": "repeat", "repeats": 1}]', "repeats a bar before the first"),
        ('[{"tempo": 3}]', "unknown value 'tempo'"),
        ('[{"density": 1e999}]', "bar 1"),
        ('[{"density": NaN}]', "bar 1"),
        ('[{"section": 1e999}]', "no plan"),
        (json.dumps([{}] * 5000), "at most 4096"),
        (None, "does not exist"),
    ],
)
def test_what_is_no_plan_is_one_sentence(run, clip, tmp_path, drummer, text, said):
    path = tmp_path / "plan.json"
    if text is not None:
        path.write_text(text)
    code, _, err = run("generate", clip, "-o", tmp_path / "out.mid", "--plan", path)
    assert code == 1
    assert said in one_sentence(err)
    assert "plan.json" in err
    assert drummer.opened == []


def test_markers_are_sections_and_stay_in_the_file(run, tmp_path, drummer):
    markers = (Marker(0, "Verse"), Marker(2 * 3840 + 7, "Chorus"))
    path = tmp_path / "in.mid"
    write_midi(Song((part(),), TIME_MAP, markers), path)
    assert run("generate", path, "-o", tmp_path / "out.mid")[0] == 0
    assert drummer.requests[0].sections == (0, 2)
    assert read_midi(tmp_path / "out.mid").markers == markers


def test_the_style_is_one_of_the_models_own(run, clip, tmp_path, drummer):
    run("generate", clip, "-o", tmp_path / "out.mid", "--style", "2")
    assert drummer.requests[0].style.meter == BOOK.meters[2]
