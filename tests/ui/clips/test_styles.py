"""Styles in Clips: the browser hears and chooses them, for the clip and for a section."""

from PySide6.QtCore import Qt

from tests.style_book import NAMES

ROCK, HOUSE, WALTZ = NAMES


def hear(clips, name):
    """Walk to a style with the arrow keys, until it is heard."""
    rows = clips.styles.names.index(name) - clips.styles.names.index(clips.styles.current_name)
    for _ in range(rows):
        clips.key(Qt.Key.Key_Down, widget=clips.styles.search)
    clips.until(lambda: ("info", f"Hearing {name}.") in clips.messages)


def test_styles_are_listed_by_how_well_they_fit(clips):
    clips.open_styles()
    assert [name for name in clips.styles.names if name in NAMES] == [WALTZ, HOUSE, ROCK]


def test_a_style_is_heard_before_it_is_chosen(clips, context):
    clips.generate()
    takes = clips.clip.takes
    clips.open_styles()
    hear(clips, HOUSE)
    assert clips.clip.takes == takes
    assert clips.cards[0].caption() == HOUSE
    clips.key(Qt.Key.Key_Escape, widget=clips.styles.search)
    assert len(clips.cards) == len(takes)
    assert clips.clip.settings.style is None


def test_the_style_that_was_heard_is_kept(clips, context):
    clips.open_styles()
    hear(clips, HOUSE)
    written = len(context.drum_generator().requests)
    clips.key(Qt.Key.Key_Return, widget=clips.styles.search)
    assert len(context.drum_generator().requests) == written
    assert clips.clip.take.style_name == HOUSE
    assert clips.find("style").style_name == HOUSE
    assert clips.editor.undo_label == f"style {HOUSE}"
    clips.generate()
    assert context.drum_generator().requests[-1].style.name == HOUSE


def test_a_style_that_was_not_heard_is_written_when_it_is_chosen(clips):
    clips.choose_style(ROCK)
    clips.until(lambda: clips.clip.takes)
    assert clips.clip.take.style_name == ROCK
    clips.choose_style("Automatic")
    assert clips.clip.settings.style is None


def test_a_section_gets_a_style_of_its_own(clips, context):
    clips.generate()
    strip = clips.find("plan")
    strip.section_begun.emit(2)
    clips.wait_for_rewriting()
    strip.style_wanted.emit(3)
    clips.until(lambda: HOUSE in clips.styles.names)
    clips.styles.select(HOUSE)
    clips.key(Qt.Key.Key_Return, widget=clips.styles.search)
    clips.wait_for_rewriting()
    assert [own.style for own in clips.clip.take.plan] == ["", "", HOUSE, HOUSE]
    request = context.drum_generator().requests[-1]
    assert request.locked_bars == {0, 1}
    assert [style.name for style in request.bar_styles[2:]] == [HOUSE, HOUSE]
    assert clips.clip.settings.style is None


def test_favourites_are_kept_in_the_settings(clips, context):
    clips.open_styles()
    clips.styles.select(HOUSE)
    clips.key(Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier, clips.styles.search)
    assert context.settings.current.favourite_styles == (HOUSE,)


def test_a_tapped_rhythm_brings_its_style_to_the_top(clips):
    clips.open_styles()
    clips.styles.tap.click()
    clips.key(Qt.Key.Key_C, widget=clips.styles)  # a hat on the first beat, which rock alone has
    assert clips.styles.current_name == clips.styles.names[1]
    assert next(name for name in clips.styles.names if name in NAMES) == ROCK
    clips.key(Qt.Key.Key_Backspace, widget=clips.styles)
    assert clips.styles.names[1] == WALTZ


def test_the_demo_is_one_click_away(open_page, context):
    page = open_page(context)
    page.press("Play the demo")
    page.until(lambda: page.clip is not None and page.clip.takes)
    assert page.clip.name == "demo"
