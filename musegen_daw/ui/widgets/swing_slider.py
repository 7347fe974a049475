"""A slider for swing, which shows the number that musicians use."""

from __future__ import annotations

from musegen_daw.jam.control.controls import MAX_SWING
from musegen_daw.music.groove import STRAIGHT
from musegen_daw.ui.widgets.value_slider import ValueSlider


class SwingSlider(ValueSlider):
    """Shows the share of the pair that its first note takes: 50 % is straight, 67 % a triplet."""

    @property
    def ratio(self) -> float:
        """The share, from 0.5 to 0.75."""
        return STRAIGHT + (self.amount or 0.0) * (MAX_SWING - STRAIGHT)

    def set_ratio(self, ratio: float) -> None:
        """Show a share without telling it."""
        self.set_amount((ratio - STRAIGHT) / (MAX_SWING - STRAIGHT))

    def text(self) -> str:
        """The share in percent."""
        return self._badge or f"{100 * STRAIGHT + self.value() * (MAX_SWING - STRAIGHT):.0f} %"
