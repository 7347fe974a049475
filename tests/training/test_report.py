"""The report counts what is there, names no song, and draws what it says."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from musegen_daw.drums.events import HIT, ONSET
from musegen_daw.drums.tokens import DrumVocabulary
from musegen_daw.music.kit import PIECES
from tests.training.synthetic import HITS_PER_BAR, TITLE, write_corpus
from training.common.figures import COLOURS, DPI, draw_curves
from training.drums import report
from training.drums.pictures import (
    LANE_COLOURS,
    VELOCITY_STEPS,
    draw_grids,
    grid_inches,
    shade,
    velocity_step,
)
from training.drums.prepare import prepare
from training.drums.report import frequent_tokens, in_words

KICK, SNARE, HAT = (next(at for at, piece in enumerate(PIECES) if piece.name == name) for name in
                    ("kick", "snare", "closed hat"))  # fmt: skip


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    prepare([write_corpus(folder / "corpus")], [], folder / "prepared", workers=1, keep_duplicates=True)
    return folder / "prepared"


@pytest.fixture(scope="module")
def written(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out, run = tmp_path_factory.mktemp("out"), tmp_path_factory.mktemp("run")
    _write_log(run / "log.csv")
    assert report.main(["--data", str(prepared), "--run", str(run), "--out", str(out)]) == 0
    return out


def test_the_report_counts_files_songs_and_music(written: Path) -> None:
    found = json.loads((written / "statistics.json").read_text(encoding="utf-8"))
    assert found["files"] == 9
    assert found["dropped"] == {
        "no listed instrument": 1,
        "fewer than 16 drum hits": 1,
        "unreadable (RuntimeError)": 1,
    }
    assert [split["songs"] for split in found["splits"].values()] == [4, 1, 1]
    assert found["programs"] == {"33 fingered bass": 6}
    assert found["hits_by_piece"]["closed hat"] == 4 * 8 * 8
    assert found["hits_by_piece"]["kick"] == found["hits_by_piece"]["snare"] == 4 * 8 * 2
    assert sum(found["velocity_levels"]) == 4 * 8 * HITS_PER_BAR
    assert found["velocity_levels"][70 // 8] == 4 * 8 * 8
    distributions = found["distributions"]
    assert distributions["hits per bar"]["median"] == distributions["hits per bar"]["most"] == HITS_PER_BAR
    assert distributions["bars per song"]["mean"] == (3 * 8 + 11) / 4  # a waltz has more of them
    assert (distributions["tempo"]["least"], distributions["tempo"]["most"]) == (96, 120)
    assert found["bars_without_drums"] == 0
    assert sum(sum(row.values()) for row in found["feel"].values()) == 6
    assert all(row["flat, on the grid"] == sum(row.values()) for row in found["feel"].values())


def test_the_page_shows_every_picture_and_no_title(written: Path) -> None:
    page = (written / "report.md").read_text(encoding="utf-8")
    pictures = {path.name for path in written.glob("*.png")}
    assert pictures == {"files.png", "lengths.png", "drums.png", "feel.png", "loss.png", "pair-1.png"}
    assert all(f"]({name})" in page for name in pictures)
    assert "9 files were read, 6 kept as songs" in page
    assert "| no listed instrument | 1 | 11.1% |" in page
    assert not list(written.glob("*.part"))
    everything = [path.read_bytes() for path in written.iterdir()]
    assert not any(TITLE.encode() in content for content in everything)


def test_the_report_does_without_a_run(prepared: Path, tmp_path: Path) -> None:
    page = report.report(prepared, tmp_path / "out").read_text(encoding="utf-8")
    assert "## Training" not in page
    assert not (tmp_path / "out" / "loss.png").exists()
    page = report.report(prepared, tmp_path / "out", run=tmp_path).read_text(encoding="utf-8")
    assert "no log.csv yet" in page


def test_a_folder_that_prepare_did_not_write_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        report.main(["--data", str(tmp_path), "--out", str(tmp_path / "out")])
    assert "was not written by prepare" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_tokens_in_words() -> None:
    position, piece = DrumVocabulary.POSITION, DrumVocabulary.PIECE
    downbeat, late_and = 6, 5 * 48 // 2 + 6 + 2  # the "&" of three, two 48ths late
    whole = [[position, downbeat], [piece, KICK], [piece, HAT], [position, late_and], [piece, SNARE]]
    assert in_words(whole) == "1 kick, closed hat; 3&+2/48 snare"
    assert in_words([[piece, KICK], [position, downbeat], [piece, SNARE]]) == "… kick; 1 snare"
    assert in_words([[DrumVocabulary.BAR, 0]]) == "bar line"


def test_frequent_tokens_are_the_learned_ones_by_count() -> None:
    bar, hit = [[DrumVocabulary.BAR, 0]], [[DrumVocabulary.POSITION, 6], [DrumVocabulary.PIECE, SNARE]]
    pair = [*hit, [DrumVocabulary.PIECE, HAT]]
    vocabulary = DrumVocabulary.from_runs([[], [], [], bar, hit, pair])
    found = frequent_tokens(np.array([0, 0, 0, 4, 4, 2]), vocabulary)
    assert [(each["token"], each["count"], each["share"]) for each in found] == [(4, 4, 0.4), (5, 2, 0.2)]
    assert [each["token"] for each in frequent_tokens(np.array([0, 0, 0, 0, 1, 1]), vocabulary, hits=2)] == [
        5
    ]


@pytest.mark.parametrize(("rows", "bars", "with_onsets"), [(1, 1, False), (2, 4, True), (1, 24, True)])
def test_a_grid_has_the_size_it_says(tmp_path: Path, rows: int, bars: int, with_onsets: bool) -> None:
    hits = _hits((bars - 1, 6, SNARE, 8))
    onsets = np.array([(0, 6, 60, 8, 96, 0, 0), (bars - 1, 102, 90, 15, 768, 2, 1)], ONSET)
    path = tmp_path / "grid.png"
    given = onsets if with_onsets else None
    draw_grids([("human", hits, bars)] * rows, path, onsets=given, title="two words")
    width, height = grid_inches(rows, bars, with_onsets=with_onsets, with_title=True)
    assert _pixels(path).shape[:2] == (int(height * DPI), int(width * DPI))


def test_velocity_is_brightness_in_five_steps(tmp_path: Path) -> None:
    assert sorted({velocity_step(level) for level in range(16)}) == [0, 1, 2, 3, 4]
    for level in (0, 5, 8, 11, 15):
        path = tmp_path / f"{level}.png"
        draw_grids([("one hit", _hits((0, 54, KICK, level)), 1)], path)
        share = VELOCITY_STEPS[velocity_step(level)]
        assert len(_columns(path, LANE_COLOURS[0], share)) > 10


def test_a_hit_is_moved_by_its_micro_timing(tmp_path: Path) -> None:
    centres: list[float] = []
    for name, position in (("early", 50), ("on", 54), ("next", 66)):
        draw_grids([("one hit", _hits((0, position, KICK, 15)), 1)], tmp_path / name)
        centres.append(float(_columns(tmp_path / name, LANE_COLOURS[0], 1.0).mean()))
    early, on, following = centres
    assert (on - early) / (following - on) == pytest.approx(4 / 12, abs=0.05)


def test_a_hit_beyond_the_bars_of_its_row_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "grid.png"
    draw_grids([("short", _hits((1, 6, KICK, 15)), 1), ("long", _hits(), 2)], path)
    assert len(_columns(path, LANE_COLOURS[0], 1.0)) == 0


def test_nothing_to_draw_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing to draw"):
        draw_grids([], tmp_path / "grid.png")
    with pytest.raises(ValueError, match="nothing to draw"):
        draw_grids([("empty", _hits(), 0)], tmp_path / "grid.png")
    (tmp_path / "log.csv").write_text("step,loss\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no line yet"):
        draw_curves(tmp_path / "log.csv", tmp_path / "loss.png")
    assert not list(tmp_path.glob("*.png*"))


def test_curves_show_every_column(tmp_path: Path) -> None:
    _write_log(tmp_path / "log.csv")
    path = tmp_path / "loss.png"
    draw_curves(tmp_path / "log.csv", path)
    assert _pixels(path).shape[1] == 13 * DPI
    for colour in COLOURS[:4]:
        assert len(_columns(path, colour, 1.0)) > 20


def _hits(*rows: tuple[int, int, int, int]) -> np.ndarray:
    return np.array(list(rows), HIT)


def _pixels(path: Path) -> np.ndarray:
    return imread(path, format="png")[..., :3]


def _columns(path: Path, colour: str, share: float) -> np.ndarray:
    """Columns of the pixels that have the colour."""
    away = np.abs(_pixels(path) - np.array(shade(colour, share))).max(axis=2)
    return np.nonzero(away < 1.5 / 255)[1]


def _write_log(path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["step", "epoch", "seconds", "rate", "loss", "bits", "bits_other", "bits_none"])
        writer.writerows(
            [500 * at, 0, 60 * at, 0.002, 1 + 3 / at, 18 + 9 / at, 20 + 9 / at, 19 + 9 / at]
            for at in range(1, 9)
        )
