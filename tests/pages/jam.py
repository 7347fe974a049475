"""Page object of the Jam panel."""

from PySide6.QtWidgets import QWidget

from musegen_daw.music.kit import VOICES
from tests.pages.page import drag
from tests.pages.styles import StylesPage


class JamPage(StylesPage):
    """Sliders, buttons and menus go by their names, "variation" or "mute-closed-hat"."""

    @property
    def strips(self) -> QWidget:
        return self.find("strips")

    @property
    def grid(self) -> QWidget:
        return self.find("drum-grid")

    @property
    def muted(self) -> list[str]:
        return [self.text(name) for name in MUTES if self.is_checked(name)]

    def set(self, name: str, value: float) -> None:
        """Set a slider or a number."""
        self.find(name).setValue(value)

    def move_pad(self, density: float, energy: float) -> None:
        """Drag the pad to a density and an energy."""
        pad = self.find("feel")
        drag(pad, pad.place_of((0.5, 0.5)), pad.place_of((density, energy)))

    def menu(self, name: str) -> list[str]:
        """What a right click on a control offers."""
        return [action.text() for action in self.find(name).actions()]

    def learn(self, name: str) -> None:
        """Choose MIDI learn for a control."""
        self.find(name).actions()[0].trigger()

    def unmap(self, name: str, index: int = 0) -> None:
        """Choose to forget one of the knobs that a control is mapped to."""
        self.find(name).actions()[1 + index].trigger()

    def mapped(self, names) -> list[str]:
        """The controls with a dot."""
        return [name for name in names if not self.find(name).findChild(QWidget, "midi-mapped").isHidden()]


MUTES = [f"mute-{voice.replace(' ', '-')}" for voice in VOICES]
SECTION_BUTTONS = [f"section-{name}" for name in "abcd"]
LEARNABLE = ["feel", "variation", "fill", "hold", "swing", *MUTES, *SECTION_BUTTONS, "style"]
