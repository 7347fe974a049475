"""A style is shown as drums that were played just before, until the drums have a past of their own in it."""

import pytest

from musegen_daw.core.clip import Clip, Note
from musegen_daw.core.time import Bar
from musegen_daw.drumming.job import Primer
from musegen_daw.drumming.request import DrumRequest
from musegen_daw.live.patterns import LIVE_PPQ, BarGrid
from musegen_daw.live.styled import PAST_BARS, Styled
from tests.live.doubles import CLOSED_HAT, KICK, Drummer

GRID = BarGrid()
BAR = GRID.bar_ticks


def groove(pitch=38):
    drums = Clip((Note(pitch, 90, 0, 60), Note(pitch, 90, BAR, 60)), 2 * BAR, LIVE_PPQ, is_drum=True)
    return Primer(drums, (Bar(0, BAR), Bar(BAR, BAR)))


def request(first, past, ahead=2):
    """The drums of some bars from `first` on, `past` played bars before them."""
    start = first - past
    bars = GRID.bars(start, first + ahead)
    kept = Clip(
        tuple(Note(KICK, 1 + bar, bar * BAR, 60) for bar in range(start, first)),
        bars[-1].end_ticks,
        LIVE_PPQ,
        is_drum=True,
    )
    part = Clip((Note(60, 80, first * BAR, 240),), bars[-1].end_ticks, LIVE_PPQ, "Keys")
    return DrumRequest(
        (part,), bars, LIVE_PPQ, kept=kept if past else None, kept_bars=frozenset(range(past)),
        heard_until_ticks=first * BAR + 100,
    )  # fmt: skip


@pytest.fixture
def drummer():
    return Drummer()


def hats(result):
    return sorted(note.start_ticks for note in result.takes[0].drums.notes if note.pitch == CLOSED_HAT)


def test_without_a_style_the_request_is_passed_on(drummer):
    asked = request(4, 2)
    Styled(drummer).generate(asked)
    assert drummer.requests == [asked]


@pytest.mark.parametrize("first", [0, 1, 7])
def test_the_groove_stands_before_the_first_bar_and_the_drums_come_where_they_were_asked(drummer, first):
    asked = request(first, 0)
    result = Styled(drummer, groove()).generate(asked)
    (primed,) = drummer.requests
    assert primed.primer.notes == groove().drums.notes
    assert [bar.start_ticks for bar in (*primed.primer_bars, *primed.bars)] == [0, BAR, 2 * BAR, 3 * BAR]
    assert primed.parts[0].notes[0].start_ticks == 2 * BAR
    assert primed.heard_until_ticks == 2 * BAR + 100
    assert hats(result)[0] == first * BAR
    assert len(hats(result)) == 8
    plain = Drummer().generate(asked)
    assert hats(result) == hats(plain)


def test_what_was_played_in_the_style_goes_between_and_then_stands_alone(drummer):
    styled = Styled(drummer, groove())
    styled.generate(request(1, 1))
    primed = drummer.requests[-1]
    assert primed.kept_bars == {0}
    assert [(note.start_ticks, note.velocity) for note in primed.kept.notes] == [(2 * BAR, 1)]
    styled.generate(request(PAST_BARS, PAST_BARS))
    assert drummer.requests[-1] == request(PAST_BARS, PAST_BARS)


def test_another_style_forgets_what_was_played_before_it(drummer):
    styled = Styled(drummer, groove())
    styled.generate(request(8, 4))
    styled.choose(groove(45))
    styled.generate(request(8, 4))
    primed = drummer.requests[-1]
    assert {note.pitch for note in primed.primer.notes} == {45}
    assert primed.kept is None
    assert primed.kept_bars == frozenset()
    assert len(primed.bars) == 2
    result = styled.generate(request(10, 4))
    primed = drummer.requests[-1]
    assert [note.velocity for note in primed.kept.notes] == [9, 10]
    assert primed.kept_bars == {0, 1}
    assert hats(result)[0] == 10 * BAR
    styled.choose(None)
    styled.generate(request(12, 4))
    assert drummer.requests[-1] == request(12, 4)
