"""Which vocoder is used, and what it was trained on; what is missing where there is none."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from musegen_daw.ui.widgets.basic import label
from musegen_daw.ui.widgets.fitting import Choice
from musegen_daw.ui.widgets.theme import TINY
from musegen_daw.vocoder.decoders import VocoderFacts

NO_MODEL = "No vocoder model"


class ModelPicker(QWidget):
    """`picked` carries the facts of the model that a person chose."""

    picked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._models: tuple[VocoderFacts, ...] = ()
        self._combo = Choice("Vocoder model", "The model that turns mels into audio")
        self._combo.setMinimumWidth(180)
        self._combo.setMinimumHeight(34)
        self._combo.activated.connect(self._chosen)
        self._facts = label("Looking for models …", "dim")
        self._facts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(TINY)
        column.addWidget(self._combo)
        column.addWidget(self._facts)

    @property
    def model(self) -> VocoderFacts | None:
        """The model that is chosen, None without one."""
        index = self._combo.currentIndex()
        return self._models[index] if 0 <= index < len(self._models) else None

    @property
    def text(self) -> str:
        """What is told about the model, or for want of one."""
        return self._facts.text()

    def show_models(
        self, models: Sequence[VocoderFacts], troubles: Sequence[str], wanted: str, place: str
    ) -> None:
        """Offer these models, the one in the folder `wanted` chosen; `place` is where a model would be put."""
        self._models = tuple(models)
        self._combo.clear()
        self._combo.setEnabled(bool(models))
        if not models:
            self._combo.addItem(NO_MODEL)
            self._facts.setText(
                " ".join(troubles)
                or f"No vocoder model was found: put a folder with a model into {place}, or choose the models folder "
                "in the settings. Griffin-Lim works without one."
            )
            return
        names = [facts.name for facts in self._models]
        for facts in self._models:
            is_only = names.count(facts.name) == 1
            self._combo.addItem(facts.name if is_only else f"{facts.name} in {facts.folder}")
        folders = [str(facts.folder) for facts in self._models]
        self._combo.setCurrentIndex(folders.index(wanted) if wanted in folders else 0)
        self._describe(troubles)

    def _chosen(self) -> None:
        self._describe()
        self.picked.emit(self.model)

    def _describe(self, troubles: Sequence[str] = ()) -> None:
        if self.model is not None:
            self._facts.setText(" ".join((describe(self.model), *troubles)))


def describe(facts: VocoderFacts) -> str:
    """What a model was trained on and can do, for a person."""
    return (
        f"Trained on {facts.trained_on}. Mono at {facts.mel.sample_rate_hz / 1000:g} kHz: nothing above "
        f"{facts.bandwidth_hz / 1000:g} kHz. {facts.bytes / 1e6:.0f} MB."
    )
