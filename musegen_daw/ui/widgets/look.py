"""Dressing the application in a theme: palette, font and style sheet together."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from musegen_daw.ui.widgets.style_sheet import style_sheet
from musegen_daw.ui.widgets.theme import DARK, THEME_PROPERTY, THEMES, Theme, font, mixed


def apply_theme(app: QApplication, name: str) -> None:
    """Give the whole application a theme by its name ("dark" unless it is known): palette, font and style sheet."""
    skin = THEMES.get(name, DARK)
    app.setProperty(THEME_PROPERTY, skin.name)
    app.setStyle("Fusion")
    app.setFont(font())
    app.setPalette(_palette(skin))
    app.setStyleSheet(style_sheet(skin))


def _palette(skin: Theme) -> QPalette:
    palette = QPalette()
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    for of, colour in {
        role.Window: skin.ground, role.Base: skin.panel, role.AlternateBase: skin.raised,
        role.Button: skin.raised, role.ToolTipBase: skin.raised, role.Mid: skin.line,
        role.WindowText: skin.text, role.Text: skin.text, role.ButtonText: skin.text,
        role.ToolTipText: skin.text, role.PlaceholderText: skin.dim, role.Highlight: skin.fill,
        role.HighlightedText: skin.on_fill, role.Link: skin.accent, role.Accent: skin.accent,
    }.items():  # fmt: skip
        palette.setColor(of, QColor(colour))
    for of in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(group.Disabled, of, QColor(mixed(skin.dim, skin.ground, 0.7)))
    return palette
