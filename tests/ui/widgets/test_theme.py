"""Contrast of the themes, and switching between them."""

import itertools

import pytest
from PySide6.QtGui import QPalette

from musegen_daw.music.kit import VOICES
from musegen_daw.ui.widgets.look import apply_theme
from musegen_daw.ui.widgets.theme import DARK, LIGHT, THEMES, contrast, mixed, theme, velocity_step

READABLE, VISIBLE = 4.5, 3.0  # WCAG 2.2, 1.4.3 and 1.4.11


@pytest.mark.parametrize("skin", THEMES.values(), ids=lambda skin: skin.name)
def test_every_text_can_be_read_on_every_ground(skin):
    inks = (skin.text, skin.dim, skin.accent, skin.good, skin.warn, skin.bad, *skin.voices)
    for ink, ground in itertools.product(inks, (skin.ground, skin.panel, skin.raised)):
        assert contrast(ink, ground) >= READABLE, (ink, ground)
    assert contrast(skin.on_fill, skin.fill) >= READABLE


@pytest.mark.parametrize("skin", THEMES.values(), ids=lambda skin: skin.name)
def test_a_hard_hit_of_every_voice_can_be_seen(skin):
    for row in range(len(VOICES)):
        assert contrast(skin.hit(row, 127), skin.panel) >= 2.6


@pytest.mark.parametrize("skin", THEMES.values(), ids=lambda skin: skin.name)
def test_velocity_shows_in_five_steps_that_differ(skin):
    steps = sorted({velocity_step(velocity) for velocity in range(1, 128)})
    assert steps == [0, 1, 2, 3, 4]
    for row in range(len(VOICES)):
        away = [contrast(skin.hit(row, velocity), skin.panel) for velocity in (1, 30, 60, 90, 127)]
        assert away == sorted(away)
        assert all(louder > softer * 1.05 for softer, louder in itertools.pairwise(away))


def test_the_contrast_is_that_of_the_specification():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert mixed("#FFFFFF", "#000000", 0.5) == "#808080"


def test_applying_a_theme_changes_palette_and_colours(qapp):
    apply_theme(qapp, "light")
    assert theme() is LIGHT
    assert qapp.palette().color(QPalette.ColorRole.Window).name().upper() == LIGHT.ground
    apply_theme(qapp, "no such theme")
    assert theme() is DARK
