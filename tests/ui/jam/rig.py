"""A fake JamRig that records its calls; tests set its status."""

from dataclasses import replace

from musegen_daw.jam.clock.transport import TransportState
from musegen_daw.jam.control.control_map import ControlMap
from musegen_daw.jam.control.controls import Controls
from musegen_daw.jam.planning.picture import JamPicture
from musegen_daw.jam.repertoire import CalledUp
from musegen_daw.jam.settings import JamMode, RigSettings
from musegen_daw.jam.status import JamStatus, PortStatus, RigStatus

JAM = JamStatus(
    is_playing=False, song_bar=0, beat=0, bpm=120.0, mode=JamMode.FOLLOW, phase="", controls=Controls(), learning=None,
    reason=None, plan_seconds=None, late_bars=0, message="",
)  # fmt: skip
STATUS = RigStatus(
    jam=JAM, transport=TransportState.STOPPED, clock=None, is_ready=True, inputs=(PortStatus("musegen in", False),),
    outputs=(PortStatus("musegen drums", False),), offset_seconds=0.0, message="",
)  # fmt: skip


class FakeRig:
    def __init__(self, settings=None, closed=None):
        self.settings = settings or RigSettings()
        self.told = []
        self.status = replace(STATUS, called_up=CalledUp(self.settings.style))
        self.failure = ""
        self.picture = JamPicture()
        self.beats = 0.0
        self.is_led = False
        self.closed = [] if closed is None else closed
        self.control_map = ControlMap("window")
        self.record_path = None
        self.session = self.time = self

    def show(self, **changes):
        """Change the status; what belongs to the session is found in it."""
        of_jam = {
            name: changes.pop(name) for name in list(changes) if hasattr(JAM, name) and name != "message"
        }
        self.status = replace(self.status, jam=replace(self.status.jam, **of_jam), **changes)

    def beats_now(self):
        return self.beats

    def toggle(self):
        self.told.append("toggle")

    def set_tempo(self, tempo_bpm):
        self.told.append(("tempo", tempo_bpm))

    def tap(self):
        self.told.append("tap")

    def change(self, change):
        self.show(controls=change(self.status.jam.controls))
        self.told.append(self.status.jam.controls)

    def set_mode(self, way):
        self.told.append(way)

    def fill_now(self):
        self.told.append("fill")

    def panic(self):
        self.told.append("panic")

    def learn(self, target):
        self.show(learning=target)
        self.told.append(("learn", target))

    def forget(self, knob):
        self.control_map = self.control_map.without(knob)
        self.told.append(("forget", knob))

    def save_learned(self):
        self.told.append("saved")

    def set_style(self, style):
        self.told.append(("style", style))

    def recall_section(self, name):
        self.told.append(("recall", name))

    def store_section(self, name):
        self.told.append(("store", name))

    @property
    def offset_seconds(self):
        return self.status.offset_seconds

    @offset_seconds.setter
    def offset_seconds(self, seconds):
        self.show(offset_seconds=seconds)
        self.told.append(("offset", seconds))

    def save_offset(self):
        self.told.append("offset saved")

    def start_recording(self, path):
        self.record_path = path
        self.told.append("recording")

    def stop_recording(self):
        path, self.record_path = self.record_path, None
        self.told.append("recorded")
        return path

    def close(self):
        self.closed.append(self)


class Rigs:
    """Opens fake jams, or fails with a sentence."""

    def __init__(self):
        self.opened, self.closed, self.error = [], [], None

    def __call__(self, settings):
        if self.error is not None:
            raise self.error
        self.opened.append(FakeRig(settings, self.closed))
        return self.opened[-1]
