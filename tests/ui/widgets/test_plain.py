"""Text from files is never rendered as markup."""

import ast
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QLabel

import musegen_daw.ui
from musegen_daw.clips.document import MidiSource
from musegen_daw.clips.opening import open_clip
from musegen_daw.drums.request import DrumSettings
from musegen_daw.midi.file import song_to_bytes
from musegen_daw.music.clip import Song
from musegen_daw.ui.clips.side_column import TrackList
from musegen_daw.ui.widgets.basic import label
from musegen_daw.ui.widgets.fitting import Choice, ElidedLabel
from musegen_daw.ui.widgets.placeholder import ErrorPage
from musegen_daw.ui.widgets.plain import PlainLabel, caption, plain_tip
from musegen_daw.ui.widgets.status_line import StatusLine
from tests.cli.doubles import TIME_MAP, part

MARKUP = '<img src="picture.png">'
NAMES = (MARKUP, "<b>Bass</b>", "a < b & c", "&lt;b&gt;Bass", "line\n<i>line</i>")
FILES = sorted(Path(musegen_daw.ui.__path__[0]).rglob("*.py"))


class Opened(QTextDocument):
    """Markup as a tooltip reads it, with all that it asks to be opened."""

    def __init__(self, markup):
        super().__init__()
        self.asked = []
        self.setHtml(markup)
        self.size()

    def loadResource(self, kind, name):
        self.asked.append(name.toString())


@pytest.mark.parametrize("name", NAMES)
def test_a_tooltip_shows_a_name_as_it_is_and_opens_nothing(qapp, name):
    document = Opened(plain_tip(name))
    assert document.toPlainText() == name
    assert document.asked == []


def test_a_raw_tooltip_would_open_the_file(qapp):
    assert Opened(MARKUP).asked[:1] == ["picture.png"]


def test_a_tooltip_without_markup_stays_as_it_is():
    assert plain_tip("Bass, channel 1:\n12 notes > 3") == "Bass, channel 1:\n12 notes > 3"


def test_a_caption_shows_an_ampersand(qtbot):
    assert caption("Save R&B …") == "Save R&&B …"


@pytest.mark.parametrize("make", [PlainLabel, ElidedLabel, label])
def test_a_label_shows_markup_as_text(qtbot, make):
    made = make(MARKUP)
    qtbot.addWidget(made)
    assert made.textFormat() == Qt.TextFormat.PlainText
    assert made.text() == MARKUP
    assert made.sizeHint().width() >= made.fontMetrics().horizontalAdvance(MARKUP)


def test_a_track_named_like_markup_is_listed_by_that_name(qtbot):
    source = MidiSource("verse.mid", song_to_bytes(Song((part(MARKUP),), TIME_MAP)))
    tracks = TrackList()
    qtbot.addWidget(tracks)
    tracks.show_parts(open_clip([source], 1, DrumSettings(seed=0)), {})
    shown = Opened(tracks.item(0).toolTip())
    assert shown.toPlainText().startswith(MARKUP)
    assert shown.asked == []


def test_messages_show_markup_as_text(qtbot):
    line, trouble, choice = StatusLine(), ErrorPage(), Choice("Clip", "The clips")
    for widget in (line, trouble, choice):
        qtbot.addWidget(widget)
    line.say(f"Cannot read {MARKUP}.")
    trouble.show_error(MARKUP, f"Cannot read {MARKUP}.")
    assert Opened(line.toolTip()).toPlainText() == f"Cannot read {MARKUP}."
    labels = [each for widget in (line, trouble) for each in widget.findChildren(QLabel)]
    assert labels
    assert {each.textFormat() for each in labels} == {Qt.TextFormat.PlainText}


def _calls(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            yield name, node


def _is_plain(value):
    if isinstance(value, ast.Constant):
        return not set("<&") & set(value.value)
    if isinstance(value, ast.IfExp):
        return _is_plain(value.body) and _is_plain(value.orelse)
    if isinstance(value, ast.Call):
        return getattr(value.func, "id", getattr(value.func, "attr", "")) in ("plain_tip", "toolTip")
    return False


def test_no_widget_is_given_a_tooltip_or_a_label_that_could_be_markup():
    found, checked = [], 0
    for path in FILES:
        if "(QLabel)" in path.read_text(encoding="utf-8"):
            found += [path.name] if path.name != "plain.py" else []
        for name, call in _calls(path):
            where = f"{path.name}:{call.lineno}"
            if name in ("setToolTip", "showText"):
                checked += 1
                text = call.args[1 if name == "showText" else 0]
                found += [] if _is_plain(text) else [where]
            elif name in ("QLabel", "QMessageBox", "setWhatsThis", "setHtml", "QTextBrowser", "QTextEdit"):
                found.append(where)
    assert checked > 30
    assert not found
