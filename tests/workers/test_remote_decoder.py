"""A decoder in another process: the same audio, mono and with an image, progress and cancelling."""

from functools import partial

import numpy as np
import pytest

from musegen_daw.progress import Cancelled
from musegen_daw.vocoder.griffin_lim import GriffinLim
from musegen_daw.vocoder.mel import MelConfig
from musegen_daw.vocoder.stereo import image_of_blocks
from musegen_daw.vocoder.vocoder import Vocoder
from musegen_daw.workers.remote import RemoteDecoder, vocode_with
from musegen_daw.workers.tasks import OPEN_VOCODER, VOCODE
from musegen_daw.workers.worker import Worker
from tests.vocoder.sounds import noise

CONFIG = MelConfig()


@pytest.fixture(scope="module")
def worker():
    made = Worker("decodes in a test")
    yield made
    made.close()


@pytest.fixture
def image():
    return image_of_blocks([np.stack([noise(40_000), 0.5 * noise(40_000, 1)], axis=1)], CONFIG)


@pytest.mark.parametrize("kind", ["vocoder", "griffin-lim"])
def test_it_decodes_what_is_decoded_here(worker, tiny_vocoder, image, kind):
    if kind == "vocoder":
        here = Vocoder.open(tiny_vocoder)
        name, mel = worker.call(OPEN_VOCODER, tiny_vocoder)
        remote = RemoteDecoder(name, mel, partial(worker.call, VOCODE, tiny_vocoder))
    else:
        here = GriffinLim(CONFIG, 2)
        remote = RemoteDecoder(here.name, here.mel, partial(worker.call, vocode_with, here))
    told = []
    for given in (None, image):
        made = remote.vocode(image.mel, lambda *each: told.append(each), image=given)
        assert made.ndim == (1 if given is None else 2)
        assert np.array_equal(made, here.vocode(image.mel, image=given))
    assert told[-1] == (image.mel.shape[1], image.mel.shape[1])
    with pytest.raises(Cancelled):
        remote.vocode(image.mel, cancelled=lambda: True, image=image)
