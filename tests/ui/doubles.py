"""Stand-ins for models, ports and the sound device."""

from musegen_daw.errors import AudioError, ModelError
from musegen_daw.ui.context import AppContext
from musegen_daw.ui.settings.store import SettingsStore
from tests.cli.doubles import Drummer

PATIENCE_SECONDS = 120
"""How long a test waits for what must come, however busy the computer is."""


class NoSystem:
    """The directory of a computer on which no MIDI system runs."""

    creates_ports = False
    in_use = ()

    def systems(self):
        return {"ALSA": "ALSA is not there."}

    def problem(self):
        return "No MIDI system runs on this computer. ALSA is not there."

    def created_on(self):
        return None

    def ports(self, direction):
        return ()

    def close(self):
        pass


def no_vocoder(name):
    raise ModelError(f"There is no vocoder model {name!r}.")


def no_player():
    raise AudioError("Nothing can be played: this computer has no sound device.")


def make_context(data_dir, **changes):
    drummer, directory = Drummer(), NoSystem()
    parts = {
        "settings": SettingsStore(),
        "data_dir": data_dir,
        "drum_generator": lambda: drummer,
        "vocoder": no_vocoder,
        "ports": lambda: directory,
        "player": no_player,
    }
    return AppContext(**{**parts, **changes})
