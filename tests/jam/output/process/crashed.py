"""A sending process that is killed, on a JACK server of its own, as such an end holds up all others on a server."""

import json
import os
import signal
import threading
import time

from musegen_daw.jam.events import TimedNote
from musegen_daw.jam.output.process import remote
from musegen_daw.jam.output.process.messages import OutputPlace
from musegen_daw.jam.output.process.remote import RemoteScheduler
from tests.jack_server import jack_server

WAIT_SECONDS = 60


def main():
    remote.ANSWER_SECONDS = WAIT_SECONDS
    name = os.environ["JACK_DEFAULT_SERVER"] = f"musegen-crashed-{os.getpid()}"
    words, told = [], threading.Event()

    def lost(sentence):
        words.append(sentence)
        told.set()

    with jack_server(name, patience_seconds=0.5):
        scheduler = RemoteScheduler(OutputPlace("musegen drums", system="jack"), lost=lost)
        os.kill(scheduler.process_id, signal.SIGKILL)
        if not told.wait(WAIT_SECONDS):
            raise TimeoutError("the loss was not told")
        now = time.perf_counter()
        scheduler.play(TimedNote(now, now + 600, 9, 36, 100))
        scheduler.release_all()
        said = {"told": words, "failure": str(scheduler.failure), "sounding": sorted(scheduler.sounding)}
        scheduler.close()
    print(json.dumps(said))


if __name__ == "__main__":
    main()
