"""Which vocoders there are, and what is told about them without opening one."""

import json

import pytest

from musegen_daw import resource_paths as resources
from musegen_daw.errors import ModelError
from musegen_daw.vocoder.decoders import find_vocoders, open_decoder, read_facts
from musegen_daw.vocoder.mel import MelConfig
from musegen_daw.vocoder.options import GRIFFIN_LIM, DecoderOptions
from tests.vocoder.tiny_vocoder import write_tiny_vocoder


def test_the_facts_of_the_bundled_model_are_for_a_person():
    facts = read_facts(resources.vocoder_dir(resources.DEFAULT_VOCODER))
    assert facts.name == "vocoder-12k"
    assert facts.bandwidth_hz == 6_000
    assert "5.3 hours" in facts.trained_on
    assert facts.bytes > 1e6


def test_all_are_found_and_what_is_damaged_is_told(tmp_path):
    own, bundled = tmp_path / "own", tmp_path / "bundled"
    write_tiny_vocoder(own / "mine", MelConfig(n_mels=64))
    write_tiny_vocoder(bundled / "b", MelConfig())
    drums = json.loads((bundled / "b" / "model.json").read_text()) | {"kind": "drums"}
    for folder, text in ((bundled / "drums", json.dumps(drums)), (bundled / "broken", "{}")):
        folder.mkdir()
        (folder / "model.json").write_text(text)
    models, troubles = find_vocoders([own, bundled, tmp_path / "none"])
    assert [facts.folder for facts in models] == [own / "mine", bundled / "b"]
    assert [facts.mel.n_mels for facts in models] == [64, 96]
    assert len(troubles) == 1
    assert "broken" in troubles[0]
    with pytest.raises(ModelError, match="is a drums model"):
        read_facts(bundled / "drums")


def test_what_a_model_does_not_say_is_not_made_up(tmp_path):
    write_tiny_vocoder(tmp_path / "m", MelConfig())
    sidecar = tmp_path / "m" / "model.json"
    values = json.loads(sidecar.read_text())
    for said in (None, 3, ""):
        values["facts"]["trained_on"] = said
        sidecar.write_text(json.dumps(values))
        assert read_facts(tmp_path / "m").trained_on == "nothing it names"
    values["facts"]["trained_on"] = "music " * 1_000
    sidecar.write_text(json.dumps(values))
    assert len(read_facts(tmp_path / "m").trained_on) <= 400


def test_griffin_lim_takes_the_mels_of_a_model(tmp_path):
    write_tiny_vocoder(tmp_path / "m", MelConfig(n_mels=64))
    assert open_decoder(DecoderOptions(GRIFFIN_LIM, str(tmp_path / "m"), 3)).mel.n_mels == 64
    assert open_decoder(DecoderOptions(GRIFFIN_LIM)).mel == MelConfig()
