"""Stand-ins for the generator, and clips to give to the command line."""

from pathlib import Path

from musegen_daw.drums.plan import BarKind, BarPlan, Plan
from musegen_daw.drums.request import DrumRequest, DrumResult, DrumTake
from musegen_daw.music.clip import Clip, Note
from musegen_daw.music.time import Tempo, TimeMap, TimeSignature
from tests.style_book import BOOK


class Drummer:
    """Plays a kick on every bar and the take's number as snare velocity; remembers what was asked.

    Its takes are in one style after another, with a groove that is repeated for a plan.
    """

    name = "fake drummer"
    styles = BOOK

    def __init__(self) -> None:
        self.opened: list[Path] = []
        self.requests: list[DrumRequest] = []

    def open(self, model_dir: Path) -> "Drummer":
        self.opened.append(model_dir)
        return self

    def generate(self, request, *, progress=None, cancelled=None) -> DrumResult:
        self.requests.append(request)
        takes = []
        for number in range(request.variations):
            hits = [Note(36, 100, bar.start_ticks, 60) for bar in request.bars]
            hits.append(Note(37, 1 + number, request.bars[0].start_ticks, 60))
            drums = Clip(tuple(hits), request.bars[-1].end_ticks, request.ppq, is_drum=True)
            style = request.style or BOOK[number % len(BOOK)]
            again = (BarPlan(BarKind.REPEAT, 1),) * (len(request.bars) - 1)
            plan = request.plan or Plan((BarPlan(), *again))
            index = request.first_take + number
            takes.append(DrumTake(drums, -float(number), (), style, 0.5 / (number + 1), plan, index))
        if progress is not None:
            progress(len(request.bars), len(request.bars))
        return DrumResult(tuple(takes), request.seed)

    def style_fits(self, request) -> tuple[float, ...]:
        """The later styles fit better."""
        return tuple(0.1 * (1 + code) for code in range(len(BOOK)))


def part(name="Keys", program=0, bars=4, ppq=960):
    notes = tuple(Note(60, 80, beat * ppq, ppq // 2) for beat in range(4 * bars))
    return Clip(notes, 4 * ppq * bars, ppq, name, program)


def kit(*onsets, ppq=960, length_ticks=0, pitch=38):
    return Clip(tuple(Note(pitch, 77, onset, 60) for onset in onsets), length_ticks, ppq, "Old kit", 0, True)


TIME_MAP = TimeMap(960, (Tempo(0, 400_001), Tempo(3840, 600_007)), (TimeSignature(0, 4, 4),))


def one_sentence(err):
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    return err
