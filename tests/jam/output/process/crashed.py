"""An output process that is killed, on a JACK server of its own, as such an end holds up all others on a server."""

import json
import os
import signal
import threading

from musegen_daw.jam.output.process import messages, remote
from musegen_daw.jam.output.process.messages import OutputAddress
from musegen_daw.jam.output.process.remote import SenderProcess
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
        process = SenderProcess(OutputAddress("musegen drums", system="jack"), lost=lost)
        os.kill(process.process_id, signal.SIGKILL)
        if not told.wait(WAIT_SECONDS):
            raise TimeoutError("the loss was not told")
        process.write(messages.CANCEL, 0.0)
        said = {"told": words, "failure": str(process.failure), "answer": process.ask(messages.RELEASE)}
        process.close()
    print(json.dumps(said))


if __name__ == "__main__":
    main()
