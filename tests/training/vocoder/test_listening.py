"""The page holds what it says under its letters, equally loud, and its script counts the answers as it should."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtQml import QJSEngine
from scipy.stats import binomtest

from musegen_daw.errors import MusegenError
from tests.training.vocoder.audio_corpus import packed, tone
from tests.vocoder.tiny_vocoder import SMALL, write_tiny_vocoder
from training.vocoder import evaluate
from training.vocoder.listening.page import (
    ASSETS,
    LETTERS,
    PEAK,
    as_long,
    check_new_folder,
    equally_loud,
    letter_orders,
    page_html,
    write_page,
)
from training.vocoder.loudness import loudness_lufs
from training.vocoder.methods import rows_of


class _Elements(HTMLParser):
    """The start tags of a page, the ids that labels name, and the texts between tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = dict(attrs).get("id") or tag

    def handle_data(self, data: str) -> None:
        self.texts[self._inside] = self.texts.get(self._inside, "") + data

    @property
    def data(self) -> dict:
        return json.loads(self.texts["data"])


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("listened")
    for at, name in enumerate(("bass", "<b>voice</b>", "ümlaut")):
        audio = tone(1.0 + 0.1 * at, 220 * (at + 1), 16_000, level=0.1 + 0.1 * at)
        (folder / f"{name.replace('/', '-')}.flac").write_bytes(packed(audio, "FLAC", 16_000))
    return folder


@pytest.fixture(scope="module")
def folder(clips, model, tmp_path_factory):
    written = tmp_path_factory.mktemp("pages") / "page"
    out = tmp_path_factory.mktemp("out")
    assert evaluate.main([
        "--audio", str(clips), "--model", str(model), "--only", "gan", "gl32", "--repeats", "0",
        "--listen", str(written), "--out", str(out),
    ]) == 0  # fmt: skip
    return written


@pytest.fixture(scope="module")
def page(folder) -> _Elements:
    return _Elements((folder / "index.html").read_text(encoding="utf-8"))


def _sounds(folder, index: int) -> list[bytes]:
    text = (folder / f"clip-{index + 1:02d}.js").read_text(encoding="utf-8")
    found = re.fullmatch(r"receiveClip\((\d+), (\[.*\])\);\n", text)
    assert found is not None
    assert int(found[1]) == index
    return [base64.b64decode(each) for each in json.loads(found[2])]


def test_the_page_plays_the_files_that_lie_beside_it_and_nothing_from_elsewhere(folder, page) -> None:
    data = page.data
    assert data["letters"] == ["A", "B"]
    assert data["clips"] == sorted(["bass", "<b>voice<-b>", "ümlaut"])
    for index, script in enumerate(data["scripts"]):
        assert script == f"clip-{index + 1:02d}.js"
        names = [f"clip-{index + 1:02d}-{letter}.flac" for letter in ("original", "A", "B")]
        assert _sounds(folder, index) == [(folder / name).read_bytes() for name in names]
    assert len(list(folder.iterdir())) == 1 + 3 * 4
    html = (folder / "index.html").read_text(encoding="utf-8")
    assert "http" not in html
    assert "<b>" not in html
    assert not [attributes for _, attributes in page.tags if "src" in attributes]


def test_all_sounds_of_a_clip_are_equally_loud_and_long(folder) -> None:
    for index in range(3):
        read = [soundfile.read(io.BytesIO(sound), dtype="float32") for sound in _sounds(folder, index)]
        assert {rate for _, rate in read} == {SMALL.sample_rate_hz}
        assert len({len(audio) for audio, _ in read}) == 1
        levels = [loudness_lufs(audio, rate) for audio, rate in read]
        assert levels == pytest.approx([levels[0]] * 3, abs=0.1)


def test_what_a_letter_was_is_sealed_and_true(folder, page, clips, model) -> None:
    html = (folder / "index.html").read_text(encoding="utf-8")
    assert "Griffin-Lim" not in html
    assert "this model" not in html
    key = json.loads(base64.b64decode(page.data["sealed"]))
    assert [sorted(labels) for labels in key] == [["Griffin-Lim 32, pseudo-inverse", "this model"]] * 3
    paths = evaluate.find_clips(clips)
    config = SMALL
    for index, path in enumerate(paths):
        clip = evaluate.ReferenceClip.load(path, config)
        for labels, sound in zip(key[index], _sounds(folder, index)[1:], strict=True):
            method = "gan" if labels == "this model" else "gl32"
            expected = evaluate.make(method, clip, model, 0)
            heard, _ = soundfile.read(io.BytesIO(sound), dtype="float32")
            likeness = np.corrcoef(expected, heard)[0, 1]
            assert likeness > 0.999


@given(st.integers(1, len(LETTERS)), st.integers(1, 40), st.integers(0, 1000))
def test_letters_are_random_and_fair(rows, clips, seed) -> None:
    orders = letter_orders(rows, clips, seed)
    assert len(orders) == clips
    assert all(sorted(order) == list(range(rows)) for order in orders)
    for letter in range(rows):
        counts = np.bincount([order[letter] for order in orders], minlength=rows)
        assert counts.max() - counts.min() <= 1
    assert orders == letter_orders(rows, clips, seed)


def test_another_seed_is_another_order() -> None:
    assert len({tuple(letter_orders(3, 10, seed)) for seed in range(20)}) == 20


@given(st.floats(0.001, 0.9), st.floats(0.001, 50), st.booleans())
def test_matched_loudness_never_clips(first, second, is_silent) -> None:
    there = tone(0.5, 440, 12_000, level=first).astype(np.float32)
    here = tone(0.5, 3000, 12_000, level=0.0 if is_silent else second).astype(np.float32)
    matched = equally_loud([there, here], 12_000)
    assert max(np.abs(each).max() for each in matched) <= PEAK + 1e-6
    if is_silent:
        assert not matched[1].any()
    else:
        levels = [loudness_lufs(each, 12_000) for each in matched]
        assert np.isinf(levels).all() or levels[0] == pytest.approx(levels[1], abs=0.05)


def test_audio_is_cut_or_padded_to_a_length() -> None:
    audio = np.arange(5, dtype=np.float32)
    assert as_long(audio, 3).tolist() == [0, 1, 2]
    assert as_long(audio, 7).tolist() == [0, 1, 2, 3, 4, 0, 0]


def test_models_at_two_rates_are_heard_at_the_higher(clips, model, tmp_path) -> None:
    wide = tmp_path / "wide"
    config = evaluate.MelConfig(sample_rate_hz=16_000, n_fft=128, hop_length=32, n_mels=8, fmax_hz=8000.0)
    write_tiny_vocoder(wide, config)
    rows = rows_of(["gan"], model, SMALL, [wide])
    write_page(rows, evaluate.find_clips(clips, ["bass"]), tmp_path / "page", 0)
    for name in ("original", "A", "B"):
        assert soundfile.info(tmp_path / f"page/clip-01-{name}.flac").samplerate == 16_000
    html = (tmp_path / "page/index.html").read_text(encoding="utf-8")
    key = json.loads(base64.b64decode(_Elements(html).data["sealed"]))
    assert sorted(key[0]) == [f"this model ({model.name})", "wide, 16 kHz"]


def test_a_folder_that_exists_and_a_failure_leave_all_as_it_was(clips, model, tmp_path, capsys) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(MusegenError, match="exists already"):
        check_new_folder(tmp_path / "mine")
    with pytest.raises(MusegenError, match="does not exist"):
        check_new_folder(tmp_path / "none" / "page")
    with pytest.raises(SystemExit):
        evaluate.main(["--audio", str(clips), "--model", str(model), "--listen", str(tmp_path / "mine")])
    assert "exists already" in capsys.readouterr().err
    rows = rows_of(["gan"], model, SMALL)
    with pytest.raises(ValueError, match="gives no audio"):
        write_page(rows, [tmp_path / "none.flac"], tmp_path / "page", 0)
    with pytest.raises(ValueError, match="1 to 8"):
        write_page([], evaluate.find_clips(clips), tmp_path / "page", 0)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_everything_on_the_page_has_a_name_and_enough_contrast(page) -> None:
    labelled = {attributes.get("for") for tag, attributes in page.tags if tag == "label"}
    for tag, attributes in page.tags:
        if tag in ("input", "textarea"):
            assert attributes["id"] in labelled
        if tag == "button":
            assert attributes.get("type") == "button"
            assert page.texts[attributes["id"]].strip()
    assert ("html", {"lang": "en"}) in page.tags
    assert any(attributes.get("role") == "status" for _, attributes in page.tags)
    style = (ASSETS / "style.css").read_text(encoding="utf-8")
    themes = [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", part)) for part in style.split("@media")[:2]]
    for colours in themes:
        for text, ground in (
            ("text", "ground"), ("text", "panel"), ("muted", "ground"), ("accent", "ground"),
            ("on-accent", "accent"),
        ):  # fmt: skip
            assert _contrast(colours[text], colours[ground]) >= 4.5
        assert _contrast(colours["line"], colours["ground"]) >= 3  # of borders


def _contrast(one: str, other: str) -> float:
    """The contrast of WCAG 2 of two colours."""
    lights: list[float] = []
    for colour in (one, other):
        channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        lights.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def test_every_part_of_the_page_that_its_script_looks_for_is_there(page) -> None:
    player = (ASSETS / "player.js").read_text(encoding="utf-8")
    wanted = set(re.findall(r'(?:find|getElementById)\("([a-z-]+)"\)', player))
    assert len(wanted) > 10
    assert wanted <= {attributes.get("id") for _, attributes in page.tags}
    assert "@" not in re.sub(r"@media|@[a-z]+\.", "", page_html({"id": "x"}))


@pytest.fixture
def script(qapp):
    """Evaluates expressions after the session of the page was loaded; raises AssertionError for an error in it."""
    engine = QJSEngine()
    source = (ASSETS / "session.js").read_text(encoding="utf-8")
    made = engine.evaluate(f"{source}\nvar Session_ = Session, signTest_ = signTest;")
    assert not made.isError(), made.toString()

    def run(expression: str):
        value = engine.evaluate(f"JSON.stringify({expression})")
        assert not value.isError(), value.toString()
        return json.loads(value.toString())

    def do(statement: str) -> None:
        value = engine.evaluate(statement)
        assert not value.isError(), value.toString()

    run.do = do
    return run


def test_answers_are_counted_by_what_was_behind_their_letters(script) -> None:
    names = ["one", 'two, "live"', "three", "four"]
    key = [["ours", "theirs"], ["theirs", "ours"], ["ours", "theirs"], ["theirs", "ours"]]
    script.do(f"var test = new Session_({json.dumps(names)}, ['A', 'B'])")
    assert script("[test.choose(0, 'A'), test.choose(1, 'B'), test.choose(2, 'none')]") == [True] * 3
    assert script("[test.choose(0, 'C'), test.choose(9, 'A'), test.choose(-1, 'A')]") == [False] * 3
    assert script("[test.answered(), test.nextOpen(0), test.nextOpen(3)]") == [3, 3, 3]
    script.do(f"var found = test.reveal({json.dumps(key)})")
    assert script("found.counts") == [{"label": "ours", "count": 2}, {"label": "theirs", "count": 0}]
    assert script("found.undecided") == 1
    assert script("test.choose(3, 'A')") is False  # not after the letters are known
    table = list(csv.reader(io.StringIO(script("test.csv(found.rows)"))))
    assert table == [
        ["clip", "answer", "preferred", "A", "B"],
        ["one", "A", "ours", "ours", "theirs"],
        ['two, "live"', "B", "ours", "theirs", "ours"],
        ["three", "none", "no difference", "ours", "theirs"],
        ["four", "", "", "theirs", "ours"],
    ]


def test_all_answered_and_changed_minds(script) -> None:
    script.do("var test = new Session_(['one', 'two'], ['A', 'B']); test.choose(0, 'A'); test.choose(1, 'A')")
    assert script("test.nextOpen(0)") == -1
    script.do("test.choose(0, 'B')")
    assert script("test.answers") == ["B", "A"]


def test_answers_come_back_after_a_reload_and_others_do_not(script) -> None:
    script.do("var test = new Session_(['one', 'two'], ['A', 'B']); test.choose(1, 'none')")
    script.do("var again = new Session_(['one', 'two'], ['A', 'B'])")
    assert script("again.restore(test.stored())") is True
    assert script("[again.answers, again.isRevealed]") == [[None, "none"], False]
    for text in (
        "'{'",
        "'null'",
        "'[]'",
        "'{\"answers\": [null]}'",
        '\'{"answers": ["Q", null]}\'',
        "'{\"answers\": 3}'",
    ):
        assert script(f"again.restore({text})") is False
    assert script("again.answers") == [None, "none"]


@pytest.mark.parametrize(("one", "other"), [(0, 0), (1, 0), (5, 5), (2, 9), (20, 11), (31, 0)])
def test_the_sign_test_is_that_of_scipy(script, one, other) -> None:
    expected = binomtest(one, one + other).pvalue if one + other else 1.0
    assert script(f"signTest_({one}, {other})") == pytest.approx(expected, rel=1e-9)
