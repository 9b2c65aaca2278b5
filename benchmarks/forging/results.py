"""The results of an experiment on the disk, so that one that was stopped goes on."""

import hashlib
import json
from contextlib import suppress
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from benchmarks.forging.judge import FORGERIES, MOST_DIFFERENT, forge_test_crops
from benchmarks.forging.trial import TEST_SHARE, Result
from common.forge.chance import Chance
from common.forge.forger import FORGERY_VERSION
from common.forge.method_names import METHODS
from common.forge.post_processing import post_processed
from common.models.weights.source import locate
from common.runtime.atomic import write_text_atomically
from common.runtime.checksum import file_sha256
from common.runtime.errors import UserError
from train.config import TrainConfig
from train.data.dataset import CropDataset

NOT_SETTINGS = {"data", "out", "seed", "pretrained", "save_minutes", "tracking"}
SAMPLE = 64  # crops whose forgeries stand for all


def settings_hash(base: TrainConfig, dataset: CropDataset) -> str:
    """Equal where results can stand in one table: equal crops, weights, configuration and forgeries.

    Raises UserError for weights that are not there.
    """
    digest = hashlib.sha256(json.dumps(base.model_dump(mode="json", exclude=NOT_SETTINGS)).encode())
    digest.update(f"{TEST_SHARE} {FORGERIES} {MOST_DIFFERENT} {FORGERY_VERSION} {METHODS}".encode())
    digest.update(file_sha256(locate(str(base.pretrained)).path).encode())
    for row in range(len(dataset)):
        digest.update(f"{dataset.identity_names[dataset.identities[row]]}\0".encode())
        digest.update(dataset.image(row).tobytes())
    # pixels, so that results from before a change of a method are not taken for those from after it
    forgeries = forge_test_crops(dataset, np.arange(min(SAMPLE, len(dataset))), METHODS, seed=0)
    for number, image in enumerate(forgeries.images):
        digest.update(image.tobytes() + post_processed(image, Chance(number)).tobytes())
    return digest.hexdigest()[:16]


class ResultFile:
    """The results of finished trials, a line of JSON each; those of other settings stay in it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, settings: str) -> list[Result]:
        """The results that were made with these settings."""
        found = []
        for line in self._lines():
            with suppress(ValidationError):
                found.append(Result.model_validate_json(line))
        return [result for result in found if result.settings == settings]

    def add(self, result: Result) -> None:
        """Store one more, atomically."""
        write_text_atomically(self._path, "\n".join([*self._lines(), result.model_dump_json()]) + "\n")

    def _lines(self) -> list[str]:
        if not self._path.exists():
            return []
        try:
            return self._path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError as error:
            raise UserError(f"{self._path} holds no results; name another file with --out") from error
