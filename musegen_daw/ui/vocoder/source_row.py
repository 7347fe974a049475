"""The top row: the source, the buttons that load another, and the model."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from musegen_daw.ui.widgets.basic import button, label
from musegen_daw.ui.widgets.fitting import Choice, ElidedLabel
from musegen_daw.ui.widgets.theme import LARGE, SMALL, TINY
from musegen_daw.vocoder.decoders import VocoderFacts

NO_MODEL = "No vocoder model"
AUTOMATIC = "Automatic"
AUTOMATIC_WORDS = "Full band where the source has sound there."


class ModelPicker(QWidget):
    """`picked` carries the facts of the model that was chosen, None for the one that fits the source.

    `are_known` says whether the models were looked for.
    """

    picked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.are_known = False
        self._models: tuple[VocoderFacts, ...] = ()
        self._used: VocoderFacts | None = None
        self._troubles: tuple[str, ...] = ()
        self._combo = Choice("Vocoder model", "The model that turns mels into audio")
        self._combo.setMinimumWidth(180)
        self._combo.setMinimumHeight(34)
        self._combo.activated.connect(self._chosen)
        self._facts = label("Looking for models …", "dim")
        self._facts.setObjectName("model-facts")
        self._facts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(TINY)
        column.addWidget(self._combo)
        column.addWidget(self._facts)

    @property
    def model(self) -> VocoderFacts | None:
        """The model that is chosen, or the only one; None where the source decides."""
        return self._combo.currentData()

    @property
    def eligible(self) -> tuple[VocoderFacts, ...]:
        """The model that is chosen, else all."""
        return self._models if self.model is None else (self.model,)

    def show_models(
        self, models: Sequence[VocoderFacts], troubles: Sequence[str], wanted: str, place: str
    ) -> None:
        """Offer these models, `wanted` is the folder of the chosen one; `place` is where a model would be put."""
        self.are_known = True
        self._models, self._troubles = tuple(models), tuple(troubles)
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
        if len(self._models) > 1:
            self._combo.addItem(AUTOMATIC)
        for facts in self._models:
            self._combo.addItem(_item_text(facts, self._models), facts)
        folders = [
            str(each.folder) if (each := self._combo.itemData(at)) else ""
            for at in range(self._combo.count())
        ]
        self._combo.setCurrentIndex(folders.index(wanted) if wanted in folders else 0)
        self._describe()

    def show_used(self, model: VocoderFacts | None) -> None:
        """The model of the source, where that decides."""
        if model != self._used:
            self._used = model
            if self._models:
                self._describe()

    def _chosen(self) -> None:
        self._troubles = ()
        self._describe()
        self.picked.emit(self.model)

    def _describe(self) -> None:
        model = self.model or self._used
        said = AUTOMATIC_WORDS if model is None else describe(model)
        self._facts.setText(" ".join((said, *self._troubles)))


def _item_text(facts: VocoderFacts, models: Sequence[VocoderFacts]) -> str:
    """The band, with the name and at last the folder where models would read alike."""
    alike = [each for each in models if each.title == facts.title]
    if len(alike) == 1:
        return facts.title
    text = f"{facts.title}: {facts.name}"
    return text if [each.name for each in alike].count(facts.name) == 1 else f"{text} in {facts.folder}"


def describe(facts: VocoderFacts) -> str:
    return f"{facts.title}. Trained on {facts.trained_on}. {facts.bytes / 1e6:.0f} MB."


SCALE_NAMES = {
    "": "detect",
    "log": "ln of power",
    "log10": "log10 of power",
    "db": "dB",
    "power": "power",
    "ln-magnitude": "ln of magnitude",
    "log10-magnitude": "log10 of magnitude",
    "db-magnitude": "dB of magnitude",
    "magnitude": "magnitude",
    "hifi-gan": "HiFi-GAN",
    "tacotron-2": "Tacotron 2",
    "bigvgan-22k": "BigVGAN 22k",
    "bigvgan-24k": "BigVGAN 24k",
    "bigvgan-44k": "BigVGAN 44k",
    "nsf-hifigan": "NSF-HiFiGAN",
    "vocos": "Vocos",
    "parallel-wavegan": "Parallel WaveGAN",
    "whisper": "Whisper",
    "librosa": "librosa",
    "torchaudio": "torchaudio",
}
"""What the menu calls the scales and presets of `mel_scales`."""


class SourceRow(QWidget):
    """`scale_chosen` carries the scale of a mel, empty to detect it."""

    scale_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.models = ModelPicker()
        self.models.setMaximumWidth(460)
        self._name = ElidedLabel("Nothing loaded", "title")
        self._name.setObjectName("source-name")
        self._name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._facts = label(
            "Turn a mel spectrogram back into audio, and compare it with the original.", "dim"
        )
        self._facts.setObjectName("source-facts")
        self._facts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.open = button("Open …", "Open audio or a mel", "Ctrl+O")
        self.setFocusProxy(self.open)
        self.clip = button("Take the clip", "Render the current clip of Clips and resynthesise it", "Ctrl+T")
        self._scale = Choice(
            "Scale of the mel", "What the values in the .npy file are, or the tool whose mel it is"
        )
        self._scale.setMinimumContentsLength(17)
        for key, text in SCALE_NAMES.items():
            self._scale.addItem(f"Scale: {text}", key)
        self._scale.activated.connect(lambda: self.scale_chosen.emit(self._scale.currentData()))
        self._scale.hide()
        self._lay_out()

    def show_source(self, name: str, facts: str) -> None:
        self._name.setText(name)
        self._facts.setText(facts)

    def show_scale(self, scale: str | None) -> None:
        """The scale of what is asked for: empty to detect it, None where that is no mel."""
        self._scale.setVisible(scale is not None)
        self._scale.setCurrentIndex(max(0, self._scale.findData(scale or "")))

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        for each in (self.open, self.clip, self._scale):
            buttons.addWidget(each)
        buttons.addStretch(1)
        left = QVBoxLayout()
        left.setSpacing(TINY)
        for each in (self._name, self._facts):
            left.addWidget(each)
        left.addLayout(buttons)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(LARGE)
        row.addLayout(left, 3)
        row.addWidget(self.models, 2, Qt.AlignmentFlag.AlignTop)


def sentence_label() -> QLabel:
    """A label for one error; hidden while there is none."""
    made = label("", "bad")
    made.setWordWrap(True)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    made.hide()
    return made
