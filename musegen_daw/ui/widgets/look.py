"""Apply a theme to the application: palette, font and style sheet."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from musegen_daw.resource_paths import resources_dir
from musegen_daw.ui.widgets.theme import DARK, RADIUS, THEME_PROPERTY, THEMES, Theme, font, mixed


def style_sheet(theme: Theme) -> str:
    """The style sheet; widgets choose a look by the properties "look" and "large".

    Buttons: look "quiet" (flat), "main" (accent), "danger"; large ones are 44 pixels high.
    Labels: look "dim", "title", "bad"; frames: look "card".
    """
    c, radius, icons = theme, RADIUS, (resources_dir() / "icons").as_posix()
    return f"""
* {{ outline: none; }}
QToolTip {{ background: {c.raised}; color: {c.text}; border: 1px solid {c.line}; padding: 4px 6px; }}
QLabel {{ background: transparent; }}
QLabel[look="dim"] {{ color: {c.dim}; }}
QLabel[look="title"] {{ font-size: 18px; font-weight: 600; }}
QLabel[look="bad"] {{ color: {c.bad}; }}
QFrame[look="card"] {{ background: {c.panel}; border: 1px solid {c.line}; border-radius: {radius}px; }}
QPushButton, QToolButton {{
    background: {c.raised}; color: {c.text}; border: 1px solid {c.line}; border-radius: {radius}px;
    padding: 4px 5px; min-height: 26px;
}}
QPushButton[large="true"], QToolButton[large="true"] {{ min-height: 34px; padding: 4px 5px; }}
QPushButton:hover, QToolButton:hover {{ border-color: {c.dim}; }}
QPushButton:pressed, QToolButton:pressed {{ background: {c.line}; }}
QPushButton:focus, QToolButton:focus, QComboBox:focus, QLineEdit:focus, QAbstractSpinBox:focus {{
    border: 1px solid {c.accent};
}}
QPushButton:checked, QToolButton:checked, QPushButton[look="main"] {{
    background: {c.fill}; color: {c.on_fill}; border-color: {c.fill};
}}
QPushButton[look="main"] {{ font-weight: 600; }}
QPushButton:checked:focus, QToolButton:checked:focus, QPushButton[look="main"]:focus {{ border-color: {c.text}; }}
QPushButton:disabled, QToolButton:disabled, QComboBox:disabled {{
    background: {c.panel}; color: {c.dim}; border-color: {c.line};
}}
QPushButton[segment="first"] {{ border-top-right-radius: 0; border-bottom-right-radius: 0; }}
QPushButton[segment="middle"] {{ border-radius: 0; border-left: none; }}
QPushButton[segment="last"] {{ border-top-left-radius: 0; border-bottom-left-radius: 0; border-left: none; }}
QPushButton[look="quiet"], QToolButton[look="quiet"] {{ background: transparent; border-color: transparent; }}
QPushButton[look="quiet"]:hover, QToolButton[look="quiet"]:hover {{ background: {c.raised}; }}
QPushButton[look="quiet"]:checked {{ background: {c.raised}; color: {c.text}; border-color: {c.line}; }}
QPushButton[look="quiet"]:focus, QToolButton[look="quiet"]:focus {{ border-color: {c.accent}; }}
QToolButton[look="page"] {{
    background: transparent; border: 1px solid transparent; color: {c.dim}; padding: 6px 0;
}}
QToolButton[look="page"]:hover {{ background: {c.raised}; color: {c.text}; }}
QToolButton[look="page"]:checked {{
    background: {c.raised}; color: {c.text}; border-color: transparent; font-weight: 600;
}}
QToolButton[look="page"]:focus {{ border-color: {c.accent}; }}
QPushButton[look="danger"] {{ color: {c.bad}; border: 1px solid {c.bad}; font-weight: 600; }}
QPushButton[look="danger"]:hover, QPushButton[look="danger"]:pressed {{ background: {c.bad}; color: {c.ground}; }}
QPushButton[look="danger"]:focus {{ border: 2px solid {c.text}; }}
QComboBox, QLineEdit, QAbstractSpinBox {{
    background: {c.raised}; color: {c.text}; border: 1px solid {c.line}; border-radius: {radius}px;
    padding: 3px 8px; min-height: 26px; selection-background-color: {c.fill};
    selection-color: {c.on_fill};
}}
QComboBox[large="true"], QAbstractSpinBox[large="true"] {{ min-height: 36px; }}
QAbstractSpinBox QLineEdit {{ border: none; padding: 0 8px; min-height: 0; background: transparent; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{
    width: 0; border: none; subcontrol-origin: border;
}}
QComboBox::drop-down {{ border: none; width: 26px; }}
QComboBox::down-arrow {{ image: url({icons}/chevron-{c.name}.svg); width: 14px; height: 14px; }}
QComboBox:hover, QLineEdit:hover, QAbstractSpinBox:hover {{ border-color: {c.dim}; }}
QComboBox QAbstractItemView, QMenu {{
    background: {c.raised}; color: {c.text}; border: 1px solid {c.line};
    selection-background-color: {c.fill}; selection-color: {c.on_fill};
}}
QMenu::item {{ padding: 6px 24px; }}
QMenu::item:selected {{ background: {c.fill}; color: {c.on_fill}; }}
QMenu::item:disabled {{ color: {c.dim}; }}
QCheckBox {{ spacing: 8px; min-height: 26px; }}
QCheckBox::indicator, QListView::indicator {{
    width: 18px; height: 18px; border: 1px solid {c.dim}; border-radius: 4px; background: {c.raised};
}}
QCheckBox::indicator:hover, QCheckBox:focus::indicator {{ border-color: {c.accent}; }}
QCheckBox::indicator:checked, QListView::indicator:checked {{
    background: {c.fill}; border-color: {c.fill}; image: url({icons}/check-{c.name}.svg);
}}
QCheckBox::indicator:disabled, QListView::indicator:disabled {{ border-color: {c.line}; background: {c.panel}; }}
QCheckBox:disabled {{ color: {c.dim}; }}
QListView {{
    background: {c.panel}; color: {c.text}; border: 1px solid {c.line}; border-radius: {radius}px;
    selection-background-color: {c.fill}; selection-color: {c.on_fill};
}}
QListView:focus {{ border-color: {c.accent}; }}
QProgressBar {{
    background: {c.raised}; border: 1px solid {c.line}; border-radius: {radius}px; min-height: 22px;
    text-align: center; color: {c.text};
}}
QProgressBar::chunk {{ background: {c.line}; border-radius: {radius - 1}px; border-bottom: 3px solid {c.fill}; }}
QScrollArea, QScrollArea > QWidget > QWidget#scrolled {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 12px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 12px; margin: 0; }}
QScrollBar::handle {{ background: {c.line}; border-radius: 4px; margin: 2px; min-width: 32px; min-height: 32px; }}
QScrollBar::handle:hover {{ background: {c.dim}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QTabBar::tab {{ padding: 10px 16px; color: {c.dim}; border: none; border-bottom: 2px solid transparent; }}
QTabBar::tab:selected {{ color: {c.text}; border-bottom-color: {c.accent}; }}
QTabBar::tab:focus {{ color: {c.accent}; }}
QTabWidget::pane {{ border: none; border-top: 1px solid {c.line}; }}
"""


def apply_theme(app: QApplication, name: str) -> None:
    """Apply a theme by its name, dark if it is unknown: palette, font and style sheet."""
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
