"""A network of pairs in the place of an encoder."""

from pathlib import Path

import numpy as np
import pytest
import torch

from common.models.input_format import InputFormat
from common.models.pair_checkpoint import PairNetworkInfo, save_pair_network
from common.models.pair_network import PairNetwork
from common.runtime.errors import UserError
from infer.commands.options import ModelChoice
from infer.models.load import load_face_model, load_model
from infer.models.pair_model import PairModel
from infer.pair_scores import cost_note
from infer.pair_sets.find import find_pair_set
from infer.pairs import compare_pairs
from infer.threshold import choose_operating_point


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    pixels = InputFormat(size=48)
    info = PairNetworkInfo(
        backbone="plain_cnn",
        input_format=pixels,
        threshold=0.5,
        eer=0.1,
        accuracy=0.9,
        epoch=1,
        step=1,
        run="r",
        validation="v",
    )
    path = tmp_path_factory.mktemp("pairs") / "pairs.safetensors"
    save_pair_network(path, PairNetwork("plain_cnn", pixels), info)
    return path


@pytest.fixture(scope="module")
def model(checkpoint: Path) -> PairModel:
    found = load_face_model(str(checkpoint), Path("nowhere"))
    assert isinstance(found, PairModel)
    return found


def test_pairs_are_scored_and_those_without_two_faces_are_not(
    pair_folder: Path, model: PairModel, tmp_path: Path
) -> None:
    calls: list[tuple[int, int]] = []
    pair_set = find_pair_set(pair_folder)
    found = compare_pairs(
        pair_set, model, tmp_path, workers=1, progress=lambda *call: calls.append(call)
    ).results
    assert found.threshold == 0.5 and calls[-1] == (21, 21)
    assert np.isnan(found.similarity[5:]).all() and len(found.similarity) == 7
    scores = found.similarity[:5]
    assert ((scores > 0) & (scores < 1)).all() and len(np.unique(scores)) == 5
    point = choose_operating_point(pair_set, model, 0.5, workers=1)
    assert scores.min() <= point.threshold <= scores.max() and sum(point.uncompared.values()) == 2
    assert "each of 7 pairs costs two passes" in (cost_note(pair_set, model) or "")


def test_the_order_of_a_pair_plays_no_part(model: PairModel) -> None:
    crops = np.random.default_rng(0).integers(0, 256, (2, 70, 48, 48, 3), np.uint8)
    first, second = model.compare(*crops), model.compare(*crops[::-1])
    np.testing.assert_allclose(first, second, atol=1e-6)
    np.testing.assert_allclose(model.compare(crops[0, 66:68], crops[1, 66:68]), first[66:68], atol=1e-6)


def test_only_commands_of_pairs_take_it(checkpoint: Path) -> None:
    assert isinstance(ModelChoice(str(checkpoint)).load_any(), PairModel)
    with pytest.raises(UserError, match="of the task pairs, not of a face encoder"):
        load_model(str(checkpoint), Path("nowhere"))
    with pytest.raises(UserError, match="colour is of encoders"):
        load_face_model(str(checkpoint), Path("nowhere"), colour="BGR")
