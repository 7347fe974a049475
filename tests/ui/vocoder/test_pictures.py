"""Perceptually even colours, pictures that match the mel, and the time axis."""

import re

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from musegen_daw.playback.levels import Levels
from musegen_daw.ui.vocoder.mel_view import MelPainter, MelView, Row, VisibleSpan, clock
from musegen_daw.ui.vocoder.picture import (
    MAX_COLUMNS,
    RANGE_DB,
    difference_image,
    difference_of,
    difference_table,
    level_image,
    level_table,
    picture_of,
    to_srgb,
)
from musegen_daw.ui.vocoder.playback import LevelMeter
from musegen_daw.ui.widgets.look import apply_theme
from musegen_daw.ui.widgets.theme import THEMES
from musegen_daw.vocoder.mel import MelConfig, log_mel

CONFIG = MelConfig()


def to_oklab(srgb):
    """sRGB (colours, 3), 0 to 255, as OKLab (colours, 3)."""
    coded = srgb / 255
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    roots = np.cbrt(
        linear
        @ np.array(
            [
                [0.4122214708, 0.2119034982, 0.0883024619],
                [0.5363325363, 0.6806995451, 0.2817188376],
                [0.0514459929, 0.1073969566, 0.6299787005],
            ]
        )
    )
    return roots @ np.array(
        [
            [0.2104542553, 1.9779984951, 0.0259040371],
            [0.7936177850, -2.4285922050, 0.7827717662],
            [-0.0040720468, 0.4505937099, -0.8086757660],
        ]
    )


def lab_of(table):
    colours = [QColor(each) for each in table]
    return to_oklab(np.array([[each.red(), each.green(), each.blue()] for each in colours], np.uint8))


def test_oklab_is_the_published_one():
    white, red = to_oklab(np.array([[255, 255, 255], [255, 0, 0]], np.uint8))
    assert white == pytest.approx([1, 0, 0], abs=1e-3)
    assert red == pytest.approx([0.6280, 0.2249, 0.1258], abs=1e-3)
    colours = np.random.default_rng(1).integers(0, 256, (100, 3)).astype(np.uint8)
    assert np.abs(to_srgb(to_oklab(colours)).astype(int) - colours).max() <= 1


@pytest.mark.parametrize("is_dark", [True, False])
def test_levels_grow_evenly_from_the_ground_to_the_loudest(is_dark):
    lab = lab_of(level_table(is_dark))
    lightness = lab[:, 0] if is_dark else -lab[:, 0]
    assert np.all(np.diff(lightness[::8]) > 0)
    distances = np.linalg.norm(np.diff(lab[::8], axis=0), axis=1)
    assert distances.max() < 1.6 * distances.min()
    ground = to_oklab(np.array([QColor(THEMES["dark" if is_dark else "light"].panel).getRgb()[:3]], np.uint8))
    assert np.linalg.norm(lab[0] - ground[0]) < 0.06


@pytest.mark.parametrize("is_dark", [True, False])
def test_differences_are_as_strong_to_both_sides_and_nothing_in_the_middle(is_dark):
    lab = lab_of(difference_table(is_dark))
    middle = lab[127:129].mean(axis=0)
    assert abs(middle[1:]).max() < 0.03
    less, more = np.linalg.norm(lab[[0, -1]] - middle, axis=1)
    assert less == pytest.approx(more, rel=0.12)


def tone(hz, seconds=2.0):
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * 12_000)) / 12_000)).astype(np.float32)


def brightest_row(image: QImage):
    column = image.width() // 2
    return max(range(image.height()), key=lambda y: QColor(image.pixel(column, y)).lightness())


@pytest.mark.parametrize("hz", [200, 1_000, 4_000])
def test_a_tone_is_a_line_at_its_frequency(hz):
    picture = picture_of(log_mel(tone(hz), CONFIG), CONFIG)
    image = level_image(picture, picture.top_db, is_dark=True)
    assert (image.width(), image.height()) == (picture.db.shape[1], 96)
    row = 95 - brightest_row(image)
    assert picture.band_hz[row] == pytest.approx(hz, rel=0.06)
    assert picture.band_at(hz) == pytest.approx(row, abs=1)
    assert picture.seconds == pytest.approx(2.0, abs=0.03)


def test_a_long_mel_is_reduced_to_what_a_screen_shows_and_keeps_its_mean():
    mel = np.random.default_rng(0).uniform(-20, 5, (96, 50_000)).astype(np.float32)
    picture = picture_of(mel, CONFIG)
    assert picture.db.shape == (96, MAX_COLUMNS)
    assert picture.db.mean() == pytest.approx(mel.mean() * 10 / np.log(10), abs=0.2)
    assert picture.seconds == pytest.approx(50_000 * 256 / 12_000)


def test_the_range_is_what_is_heard():
    mel = np.array([[0.0, -RANGE_DB / 2, -RANGE_DB, -RANGE_DB - 20]] * 96, np.float32) * np.log(10) / 10
    image = level_image(picture_of(mel.astype(np.float32), CONFIG), 0.0, is_dark=True)
    table = level_table(True)
    shown = [table.index(image.pixel(x, 0)) for x in range(4)]
    assert shown[0] == 255
    assert shown[1] == pytest.approx(128, abs=1)
    assert shown[2:] == [0, 0]


def test_the_difference_counts_only_what_can_be_heard():
    asked = np.zeros((96, 30), np.float32)
    asked[:, 10:20] = -50
    made = asked[:, :28].copy()
    made[:, :5] += np.log(10)  # 10 dB
    made[:, 12] = -60  # far below both ways
    picture = difference_of(made, asked, CONFIG)
    assert picture.db.shape == (96, 28)
    assert picture.db[0, 2] == pytest.approx(10, abs=1e-4)
    assert picture.db[0, 7] == 0
    assert picture.db[0, 12] == pytest.approx(0, abs=1e-4)
    image = difference_image(picture, is_dark=True)
    assert image.pixel(7, 0) == difference_table(True)[128]


def test_seconds_and_pixels_belong_to_each_other():
    span = VisibleSpan.whole(10.0, 1_000)
    assert (span.x_at(2.5), span.seconds_at(250), span.is_whole) == (250, 2.5, True)
    near = span.zoomed(4, 500)
    assert (near.start, near.end) == (pytest.approx(3.75), pytest.approx(6.25))
    assert near.seconds_at(500) == pytest.approx(5)
    assert near.scrolled(-10_000).start == 0
    assert near.scrolled(10_000).end == 10
    assert near.zoomed(0.01, 0).is_whole
    assert near.zoomed(1e9, 500).end - near.zoomed(1e9, 500).start == pytest.approx(0.25)
    assert [text for _, text in span.lines(150)] == ["0:00", "0:02", "0:04", "0:06", "0:08", "0:10"]
    assert [text for _, text in near.lines(150)] == ["0:04.0", "0:04.5", "0:05.0", "0:05.5", "0:06.0"]
    assert VisibleSpan.whole(0.0, 100).lines(50)[0] == (0.0, "0:00.0")


@pytest.mark.parametrize(
    ("seconds", "step", "text"),
    [
        (0, 0.1, "0:00.0"),
        (59.96, 0.1, "1:00.0"),
        (83.25, 0.01, "1:23.25"),
        (3_700, 1, "61:40"),
        (9.94, 0.1, "0:09.9"),
    ],
)
def test_time_is_written_as_a_clock(seconds, step, text):
    assert clock(seconds, step) == text


def test_the_readout_describes_what_is_under_the_pointer(qtbot):
    view = MelView()
    qtbot.addWidget(view)
    view.resize(900, 420)
    picture = picture_of(log_mel(tone(1_000), CONFIG), CONFIG)
    view.set_rows([Row("Source", picture), Row("Result", empty_text="Nothing yet.")])
    area = view.area(0)
    where = area.topLeft()
    where.setX(view.x_of(1.0, view.rows[0]))
    where.setY(area.bottom() - (picture.band_at(1_000) + 0.5) / 96 * area.height())
    words = view.describe(where)
    assert words.startswith("0:01.0")
    assert "0 dB" in words
    assert re.search(r"  (9[6-9]\d Hz|1\.0[0-3] kHz)", words)
    assert view.describe(view.area(1).center()) == ""


def test_a_playhead_repaints_two_narrow_strips(qtbot, monkeypatch):
    view = MelView()
    qtbot.addWidget(view)
    view.resize(900, 420)
    picture = picture_of(log_mel(tone(1_000), CONFIG), CONFIG)
    view.set_rows([Row("Source", picture), Row("Result", picture, stretch=0.5)])
    view.show()
    qtbot.waitExposed(view)
    view.set_playhead(0.5)
    QApplication.processEvents()
    painted = []
    paint = view.paint_live
    view.paint_live = lambda painter, rect: (painted.append(rect), paint(painter, rect))
    monkeypatch.setattr(MelPainter, "draw", lambda *_: pytest.fail("the pictures were drawn anew"))
    view.set_playhead(0.6)
    QApplication.processEvents()
    assert painted
    assert all(rect.width() < 300 for rect in painted)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_meter_is_as_high_as_the_level(qtbot, qapp, theme):
    apply_theme(qapp, theme)
    meter = LevelMeter()
    qtbot.addWidget(meter)
    meter.resize(60, 316)

    def lit():
        image = meter.grab().toImage()
        good = QColor(THEMES[theme].good)
        return sum(image.pixelColor(36, y) == good for y in range(image.height()))

    assert lit() == 0
    assert meter.text() == "−∞"
    meter.show_levels(Levels((0.5, 0.5), (0.1, 0.1)))
    assert meter.text() == "−6.0"
    twenty = lit()
    meter.show_levels(Levels((0.5, 0.5), (0.01, 0.01)))
    assert twenty == pytest.approx(2 * lit(), abs=3)
