"""A program whose notes sound when it is killed; the test is what listens to its port."""

import sys
import time

from musegen_daw.jam.events import MidiEvent, TimedNote, control_change
from musegen_daw.jam.output.process.messages import OutputAddress
from musegen_daw.jam.output.process.remote import RemoteScheduler


def main():
    scheduler = RemoteScheduler(OutputAddress("musegen drums", system="jack"))
    print(scheduler.process_id, flush=True)
    for order in sys.stdin:
        now = time.perf_counter()
        if order == "mark\n":
            scheduler.send(MidiEvent(now, control_change(15, 3, 1)))
        else:
            scheduler.play(*(TimedNote(now, now + 600, 9, pitch, 100) for pitch in (36, 38, 42)))


if __name__ == "__main__":
    main()
