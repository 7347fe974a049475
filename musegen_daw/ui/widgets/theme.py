"""Colours, distances and text sizes of the window, and the current theme."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from PySide6.QtCore import QEvent
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QApplication

from musegen_daw.music.kit import VOICES

TINY, SMALL, MEDIUM, LARGE = 4, 8, 16, 24
"""Distances in logical pixels."""
RADIUS = 6
TARGET = 44
"""The minimum height of controls that are used while playing."""
SMALL_TEXT, TEXT, TITLE_TEXT, LARGE_TEXT = 12, 14, 18, 28
"""Sizes of text in logical pixels."""
VELOCITY_STEPS = 5

THEME_PROPERTY = "musegen theme"
_FAINTEST_HIT = 0.38


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as #RRGGBB; every text colour has a contrast of 4.5 on all three backgrounds."""

    name: str
    is_dark: bool
    ground: str
    panel: str
    raised: str
    line: str
    text: str
    dim: str
    accent: str
    """For highlighted text, lines and rings."""
    fill: str
    """For highlighted areas, with `on_fill` for the text on them."""
    on_fill: str
    good: str
    warn: str
    bad: str
    voices: tuple[str, ...]
    """For text and marks, one for each of `music.kit.VOICES`."""
    hits: tuple[str, ...]
    """For areas, the same."""

    def voice(self, row: int) -> str:
        """The colour of a voice by its index in `VOICES`; dim for any other row."""
        return self.voices[row] if 0 <= row < len(self.voices) else self.dim

    def hit(self, row: int, velocity: int) -> str:
        """The fill of a hit: the colour of its voice in five steps, stronger the louder it is."""
        return self.hit_of_step(row, velocity_step(velocity))

    def hit_of_step(self, row: int, step: int) -> str:
        """The fill of a hit of step 0 to 4."""
        share = _FAINTEST_HIT + (1 - _FAINTEST_HIT) * step / (VELOCITY_STEPS - 1)
        colour = self.hits[row] if 0 <= row < len(self.hits) else self.dim
        return mixed(colour, self.panel, share)

    def level(self, level: str) -> str:
        """The colour of a level: "good", "warn", "bad", else that of text."""
        return {"good": self.good, "warn": self.warn, "bad": self.bad}.get(level, self.text)


DARK = Theme(
    name="dark", is_dark=True, ground="#15171C", panel="#1D2027", raised="#262A33", line="#353B47",
    text="#E8EAEE", dim="#9BA4B4", accent="#F2A33A", fill="#F2A33A", on_fill="#15171C",
    good="#6CC070", warn="#F2C14E", bad="#F0714C",
    voices=("#F0714C", "#F2A33A", "#8BC34A", "#5FA845", "#2BB3C0", "#2BB3C0", "#2BB3C0", "#8188FD", "#B388EB"),
    hits=("#E4572E", "#F2A33A", "#8BC34A", "#5FA845", "#2BB3C0", "#2BB3C0", "#2BB3C0", "#7C83FD", "#B388EB"),
)  # fmt: skip
LIGHT = Theme(
    name="light", is_dark=False, ground="#F6F6F4", panel="#FFFFFF", raised="#EDEDE9", line="#D9D9D4",
    text="#1C1E22", dim="#5B6270", accent="#985B0A", fill="#F2A33A", on_fill="#1C1E22",
    good="#337736", warn="#89630A", bad="#BC3D18",
    voices=("#BC3D18", "#985B0A", "#507426", "#427530", "#1C737B", "#1C737B", "#1C737B", "#4751FC", "#8642DF"),
    hits=("#E4572E", "#E08A16", "#70A236", "#5DA444", "#27A3AF", "#27A3AF", "#27A3AF", "#7C83FD", "#AC7DE9"),
)  # fmt: skip
THEMES = MappingProxyType({theme.name: theme for theme in (DARK, LIGHT)})


def velocity_step(velocity: int) -> int:
    """The brightness step, 0 to 4, of a velocity from 1 to 127."""
    return min(VELOCITY_STEPS - 1, max(0, (velocity - 1) * VELOCITY_STEPS // 127))


def mixed(over: str, under: str, share: float) -> str:
    """`share` of colour `over`, the rest of `under`."""
    top, bottom = QColor(over), QColor(under)
    channels = zip(top.getRgb()[:3], bottom.getRgb()[:3], strict=True)  # pyright: ignore[reportIndexIssue]
    return "#{:02X}{:02X}{:02X}".format(*(round(a * share + b * (1 - share)) for a, b in channels))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def theme() -> Theme:
    """The current theme; widgets learn of a change by a palette change event."""
    app = QApplication.instance()
    return THEMES.get(str(app.property(THEME_PROPERTY)), DARK) if app is not None else DARK


def is_style_change(event: QEvent) -> bool:
    """Whether a change event announces another theme or font."""
    return event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange)


def font(size: int = TEXT, *, bold: bool = False) -> QFont:
    """The system font in a size of the theme, with tabular digits."""
    made = QFont(QApplication.font())
    made.setPixelSize(size)
    made.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made


def _luminance(colour: str) -> float:
    def linear(channel: int) -> float:
        value = channel / 255
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


assert len(DARK.voices) == len(LIGHT.voices) == len(VOICES)
