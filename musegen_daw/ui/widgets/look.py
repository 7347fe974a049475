"""Dressing the application in a theme: palette, font and style sheet together."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from musegen_daw.ui.widgets.style_sheet import style_sheet
from musegen_daw.ui.widgets.theme import DARK, THEME_PROPERTY, THEMES, Theme, font, mixed


def wear(app: QApplication, name: str) -> None:
    """Give the whole application a theme by its name ("dark" unless it is known): palette, font and style sheet."""
    worn = THEMES.get(name, DARK)
    app.setProperty(THEME_PROPERTY, worn.name)
    app.setStyle("Fusion")
    app.setFont(font())
    app.setPalette(_palette(worn))
    app.setStyleSheet(style_sheet(worn))


def _palette(worn: Theme) -> QPalette:
    palette = QPalette()
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    for of, colour in {
        role.Window: worn.ground, role.Base: worn.panel, role.AlternateBase: worn.raised,
        role.Button: worn.raised, role.ToolTipBase: worn.raised, role.Mid: worn.line,
        role.WindowText: worn.text, role.Text: worn.text, role.ButtonText: worn.text,
        role.ToolTipText: worn.text, role.PlaceholderText: worn.dim, role.Highlight: worn.fill,
        role.HighlightedText: worn.on_fill, role.Link: worn.accent, role.Accent: worn.accent,
    }.items():  # fmt: skip
        palette.setColor(of, QColor(colour))
    for of in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(group.Disabled, of, QColor(mixed(worn.dim, worn.ground, 0.7)))
    return palette
