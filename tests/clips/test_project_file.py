"""Project files: round trips, and rejection of damaged ones."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen_daw.clips import edits
from musegen_daw.clips.document import Project
from musegen_daw.clips.project_file import decode, encode, load_project, save_project
from musegen_daw.drums.request import DrumSettings
from musegen_daw.drums.style import Style
from musegen_daw.errors import ProjectError
from tests.clips.strategies import documents
from tests.style_book import BOOK


@given(st.lists(documents(), max_size=2))
def test_a_project_round_trips(clips):
    clips = [replace(clip, identity=number) for number, clip in enumerate(clips)]
    project = Project(tuple(clips), len(clips) - 1 if clips else None)
    assert decode(encode(project), "x.musegen") == project


@given(documents(), st.data())
def test_a_changed_file_is_read_or_rejected(document, data):
    table = json.loads(encode(Project((document,), 1)))
    junk = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
    for _ in range(data.draw(st.integers(1, 3))):
        _spoil(table, data.draw(junk | st.lists(junk, max_size=3) | st.just({})), data.draw)
    sentence = refusal(json.dumps(table).encode())
    assert sentence is None or ("x.musegen" in sentence and "\n" not in sentence)


@given(documents(), st.data())
def test_damaged_bytes_are_read_or_rejected(document, data):
    whole = encode(Project((document,), 1))
    spoiled = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    for at, value in data.draw(
        st.lists(st.tuples(st.integers(0, len(whole)), st.integers(0, 255)), max_size=4)
    ):
        if at < len(spoiled):
            spoiled[at] = value
    sentence = refusal(bytes(spoiled))
    assert sentence is None or "x.musegen" in sentence


def test_a_file_is_written_and_read(document, tmp_path):
    path = tmp_path / "song.musegen"
    project = Project((edits.add_hit(document, 0, 0),), 1)
    save_project(project, path)
    assert load_project(path) == project


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "not a musegen project, or is damaged"),
        (b"[" * 100_000, "not a musegen project, or is damaged"),
        (b'{"song": 1}', "not a musegen project"),
        (b'{"musegen": 4}', "newer version"),
        (b'{"musegen": 1}', "damaged"),
        (b'{"musegen": 1, "current": null, "clips": 3}', "damaged: Expected `array`, got `int`"),
    ],
)
def test_a_file_that_is_not_a_project_is_rejected(data, sentence):
    with pytest.raises(ProjectError, match=sentence):
        decode(data, "x.musegen")


def test_a_version_1_file_opens_with_its_settings(document):
    table = json.loads(encode(Project((document,), 1)))
    former = {
        "seed": 5, "temperature": 0.9, "top_p": 0.95, "follow": 1.0, "density": 0.4, "loudness": 0.6, "fill": 0.8,
        "human_timing": None, "variations": 4,
    }  # fmt: skip
    table["musegen"], table["clips"][0]["settings"] = 1, former
    (clip,) = decode(json.dumps(table).encode(), "x.musegen").clips
    expected = DrumSettings(seed=5, density=0.4, energy=0.6, fills=0.8, variations=4)
    assert clip.settings == expected
    (again,) = decode(encode(Project((clip,), 1)), "x.musegen").clips
    assert again.settings == expected


def test_the_style_of_a_loop_round_trips(document):
    style = Style((BOOK.patterns[1] * 0.7).round(3), 0.25, "my loop", -1, "3/4")
    kept = replace(document, settings=replace(document.settings, style=style))
    (clip,) = decode(encode(Project((kept,), 1)), "x.musegen").clips
    came = clip.settings.style
    assert (came.name, came.code, came.meter, came.triplets) == ("my loop", -1, "3/4", 0.25)
    assert np.array_equal(came.pattern, style.pattern)


@pytest.mark.parametrize(
    "change",
    [{"pattern": [1]}, {"pattern": None}, {"triplets": 3}, {"code": "1"}, {"meter": "5/4"}, {"name": 3}],
)
def test_a_damaged_style_is_rejected(document, change):
    kept = replace(document, settings=replace(document.settings, style=BOOK[1]))
    table = json.loads(encode(Project((kept,), 1)))
    table["clips"][0]["settings"]["style"].update(change)
    with pytest.raises(ProjectError, match="damaged"):
        decode(json.dumps(table).encode(), "x.musegen")


def test_a_path_in_a_project_is_never_opened(document, tmp_path):
    (tmp_path / "secret.mid").write_bytes(document.sources[0].data)
    table = json.loads(encode(Project((document,), 1)))
    table["clips"][0]["sources"][0] = {"name": str(tmp_path / "secret.mid"), "midi": ""}
    with pytest.raises(ProjectError, match="damaged"):
        decode(json.dumps(table).encode(), "x.musegen")


def refusal(data):
    """The sentence with which a file is refused; None where it is read."""
    try:
        decode(data, "x.musegen")
    except ProjectError as error:
        return str(error)
    return None


def _spoil(table, value, draw):
    """Put `value` somewhere into nested tables and lists."""
    place = table
    while True:
        keys = sorted(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return
        key = draw(st.sampled_from(keys))
        if isinstance(place[key], dict | list) and place[key] and draw(st.integers(0, 3)):
            place = place[key]
            continue
        if draw(st.booleans()):
            place[key] = value
        else:
            del place[key]
        return
