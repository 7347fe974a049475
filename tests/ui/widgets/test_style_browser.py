"""The style browser: order, search, hearing, favourites, choosing by mouse and by key."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from musegen_daw.drums.style_choices import style_choices
from musegen_daw.drums.style_names import bundled_grooves
from musegen_daw.ui.widgets.style_browser import AUTOMATIC, StyleBrowser
from tests.pages.page import drop
from tests.style_book import BOOK, NAMES

ROCK, HOUSE, WALTZ = NAMES
LEFT = Qt.MouseButton.LeftButton


class BrowserPage:
    """A browser over a page, opened by a button."""

    def __init__(self, qtbot, grooves=()):
        self.qtbot = qtbot
        self.page = QWidget()
        qtbot.addWidget(self.page)
        self.page.resize(900, 600)
        self.button = QPushButton("Style", self.page)
        self.button.move(20, 540)
        self.browser = StyleBrowser(self.page)
        self.browser.set_choices(style_choices(BOOK, grooves, (0.2, 0.8, 0.0)))
        self.heard, self.chosen, self.favourites = [], [], []
        self.browser.auditioned.connect(lambda style: self.heard.append(style and style.name))
        self.browser.chosen.connect(lambda style: self.chosen.append(style and style.name))
        self.browser.favourites_changed.connect(self.favourites.append)
        self.page.show()

    def open(self, current=""):
        self.browser.open_at(self.button, current)
        return self

    def row(self, name):
        view = self.browser.list
        return view.visualRect(view.model().index(self.browser.names.index(name)))

    def click(self, name, x=None):
        rect = self.row(name)
        at = rect.center() if x is None else QPoint(rect.left() + x, rect.center().y())
        self.qtbot.mouseClick(self.browser.list.viewport(), LEFT, pos=at)

    def key(self, key, keys=Qt.KeyboardModifier.NoModifier):
        self.qtbot.keyClick(self.browser.search, key, keys)


@pytest.fixture
def styles(qtbot):
    page = BrowserPage(qtbot).open()
    yield page
    page.browser.close_browser()


def test_the_best_fitting_comes_first_and_other_meters_are_left_out(styles):
    assert styles.browser.names == (AUTOMATIC, HOUSE, ROCK)


def test_a_groove_is_listed_by_its_nearest_style(qtbot):
    names = BrowserPage(qtbot, bundled_grooves()).browser.names
    assert {"bossa", "funk"} <= set(names)
    assert "waltz" not in names


def test_arrow_keys_are_heard_and_enter_chooses(styles):
    styles.key(Qt.Key.Key_Down)
    styles.qtbot.waitUntil(lambda: styles.heard == [HOUSE])
    styles.key(Qt.Key.Key_Down)
    styles.qtbot.waitUntil(lambda: styles.heard == [HOUSE, ROCK])
    styles.key(Qt.Key.Key_Return)
    assert styles.chosen == [ROCK]
    assert not styles.browser.isVisible()


def test_the_mouse_rests_to_hear_and_clicks_to_choose(styles):
    viewport = styles.browser.list.viewport()
    at = QPointF(styles.row(ROCK).center())
    move = QMouseEvent(
        QMouseEvent.Type.MouseMove,
        at,
        viewport.mapToGlobal(at),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(viewport, move)
    styles.qtbot.waitUntil(lambda: styles.heard == [ROCK])
    styles.click(HOUSE)
    assert styles.chosen == [HOUSE]


@pytest.mark.parametrize(
    ("text", "found"), [("floor", (HOUSE,)), ("house", (HOUSE,)), ("eighth ha", (ROCK,)), ("polka", ())]
)
def test_typing_finds_by_words_and_by_other_names(styles, text, found):
    styles.browser.search.setText(text)
    assert styles.browser.names == found
    styles.browser.search.clear()
    assert len(styles.browser.names) == 3


def test_favourites_are_starred_by_mouse_and_key_and_can_be_shown_alone(styles):
    styles.click(HOUSE, x=12)
    assert styles.chosen == []
    assert styles.favourites == [{HOUSE}]
    styles.browser.only_favourites.click()
    assert styles.browser.names == (AUTOMATIC, HOUSE)
    styles.key(Qt.Key.Key_Down)
    styles.key(Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert styles.favourites[-1] == frozenset()
    assert styles.browser.names == (AUTOMATIC,)


def test_automatic_is_a_choice_and_the_current_style_is_selected(styles):
    styles.browser.close_browser()
    styles.open(ROCK)
    assert styles.browser.current_name == ROCK
    styles.click(AUTOMATIC)
    assert styles.chosen == [None]


def test_escape_and_a_click_elsewhere_close_it(styles):
    closed = []
    styles.browser.closed.connect(lambda: closed.append(True))
    styles.key(Qt.Key.Key_Escape)
    assert closed == [True]
    styles.open()
    styles.qtbot.mouseClick(styles.page, LEFT, pos=QPoint(880, 20))
    assert not styles.browser.isVisible()
    styles.open()
    other = QPushButton("Other", styles.page)
    other.move(800, 20)
    other.show()
    styles.qtbot.mouseClick(styles.button, LEFT)  # which opens and closes it by itself
    assert styles.browser.isVisible()
    styles.qtbot.mouseClick(other, LEFT)
    assert not styles.browser.isVisible()
    assert styles.chosen == []


def test_a_dropped_loop_is_passed_on(styles, tmp_path):
    paths = []
    styles.browser.loop_dropped.connect(paths.append)
    loop = tmp_path / "loop.mid"
    loop.touch()
    drop(styles.browser, loop)
    assert paths == [loop]


def test_a_screen_reader_hears_name_fit_and_star(styles):
    styles.browser.set_favourites(frozenset({HOUSE}))
    model = styles.browser.list.model()
    words = [model.index(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(3)]
    assert words[1:] == [f"{HOUSE}, fits 100%, favourite", f"{ROCK}, fits 50%"]
