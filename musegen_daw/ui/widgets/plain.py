"""Plain text for widgets: text from files is never read as markup, which could open other files; names of widgets."""

from __future__ import annotations

import re
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget


def plain_tip(text: str) -> str:
    """`text` for a tooltip, which Qt would render as markup if it looks like some."""
    if "<" not in text and "&" not in text:
        return text
    return f"<qt>{escape(text).replace(chr(10), '<br>')}</qt>"


def caption(text: str) -> str:
    """`text` for a button or menu, where a single & would underline the next letter."""
    return text.replace("&", "&&")


def kebab(text: str) -> str:
    """`text` as an object name: "MIDI input" becomes "midi-input"."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def set_name(widget: QWidget, name: str) -> None:
    """Set the accessible name, and the object name made from it."""
    widget.setAccessibleName(name)
    widget.setObjectName(kebab(name))


class PlainLabel(QLabel):
    """A label that never renders markup."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)
