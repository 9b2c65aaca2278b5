import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from common.metrics.figures import Ranking
from common.models.checkpoint import load_checkpoint
from common.models.classifier import Classifier, classifier_input
from common.models.classifier_checkpoint import (
    ClassifierInfo,
    OperatingPoint,
    load_classifier,
    read_classifier_info,
    save_classifier,
)
from common.models.crop_settings import CropSettings
from common.models.leaderboard import best_checkpoint
from common.models.standing import Standing
from common.runtime.errors import UserError

NETWORK = "timm:mobilenetv2_035"
AUC = Ranking("auc", "AUC", mark="auc", better="higher")
STANDING = Standing(
    task="classification", network=NETWORK, run="r", epoch=1, step=2, validation="v", rankings=(AUC,),
    figures={"auc": 0.9},
)  # fmt: skip
INFO = ClassifierInfo(
    network=NETWORK,
    input_format=classifier_input(NETWORK, 32),
    point=OperatingPoint(temperature=1.5, threshold=0.4, threshold_from="EER", undecided=(0.3, 0.6)),
    crops=CropSettings(template="box", margin=0.2, size=64),
)


@pytest.fixture
def classifier() -> Classifier:
    torch.manual_seed(0)
    return Classifier(NETWORK, INFO.input_format).eval()


def test_a_saved_classifier_scores_as_before(tmp_path: Path, classifier: Classifier) -> None:
    save_classifier(tmp_path / "c.safetensors", classifier, INFO, STANDING)
    loaded = load_classifier(tmp_path / "c.safetensors")
    crops = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (3, 3, 32, 32), np.uint8))
    scores = loaded.classifier.score(crops)
    assert scores.shape == (3,) and torch.equal(scores, classifier.score(crops))
    assert torch.allclose(scores, classifier.score(crops.flip(3)), atol=1e-5), "mirrored alike"
    assert loaded.info == INFO and loaded.standing == STANDING
    assert best_checkpoint(tmp_path, "classification").path.name == "c.safetensors"


def test_timms_normalisation_is_that_of_the_network_below_a_neck() -> None:
    stated = classifier_input("timm:efficientnet_b3+fpn+cbam", 64)
    assert stated.mean == classifier_input("timm:efficientnet_b3", 64).mean != (127.5,) * 3


def test_other_files_and_headers_are_refused(tmp_path: Path, classifier: Classifier) -> None:
    path = tmp_path / "c.safetensors"
    save_classifier(path, classifier, INFO, STANDING)
    with pytest.raises(UserError, match="checkpoint of the task classification, not of a face encoder"):
        load_checkpoint(path)
    tensors = load_file(path)
    point = {"temperature": 0, "threshold": 0.5, "undecided": [0.5, 0.5]}
    for name, change in {
        "temperature": {"point": point},
        "band": {"point": {**point, "temperature": 1, "undecided": [0.7, 0.2]}},
        "beside": {"point": {**point, "temperature": 1, "undecided": [0.1, 0.2]}},
        "positive": {"positive": "real"},
    }.items():
        info = json.loads(INFO.model_dump_json()) | change
        header = {"format": "facetrust-classification-1", "info": json.dumps(info)}
        save_file(tensors, tmp_path / f"{name}.safetensors", metadata=header)
        with pytest.raises(UserError, match="damaged header"):
            read_classifier_info(tmp_path / f"{name}.safetensors")
    save_file(tensors, tmp_path / "plain.safetensors")
    with pytest.raises(UserError, match=r"not a classifier of this version.*train classifier"):
        load_classifier(tmp_path / "plain.safetensors")
