"""The two towers of a fused encoder, as they are named."""

from dataclasses import dataclass
from pathlib import Path

from common.models.classifier_checkpoint import LoadedClassifier, load_classifier
from common.models.crop_settings import CropSettings
from common.models.fused.encoder import FusedEncoder
from common.models.fused.fusion import Fusion
from common.models.fused.wide_crop import wide_crop
from common.models.load_encoder import LoadedEncoder, load_encoder
from train.records.run_folder import RUN_FOLDER, RunFolder


@dataclass(frozen=True)
class Towers:
    """A recogniser and a classifier, and where they are from.

    Attributes:
        recogniser, classifier: in eval mode on the CPU.
        recogniser_name, classifier_name: as they were named.
        crops: what both are cut from.
    """

    recogniser: LoadedEncoder
    classifier: LoadedClassifier
    recogniser_name: str
    classifier_name: str
    crops: CropSettings

    def fused(self, fusion: Fusion) -> FusedEncoder:
        """The fused encoder, in eval mode; it shares its towers with this."""
        return FusedEncoder(self.recogniser.encoder, self.classifier.classifier, self.crops, fusion).eval()

    def splits(self) -> dict[str, Path | None]:
        """The stored split of each tower's run, by its name; None where it does not lie beside the file."""
        info = self.recogniser.info
        runs = {
            self.recogniser_name: info.run if info else None,
            self.classifier_name: self.classifier.standing.run,
        }
        return {name: split_beside(Path(name), run) for name, run in runs.items()}


def open_towers(recogniser: str, classifier: Path) -> Towers:
    """The towers that are named: what `load_encoder` and `load_classifier` take.

    Raises UserError as they do, and for crops that no fixed transform leads between.
    """
    loaded, judge = load_encoder(recogniser), load_classifier(classifier)
    crops = wide_crop(
        loaded.info.crops if loaded.info else None,
        loaded.encoder.input_format.size,
        judge.info.crops,
        judge.info.input_format.size,
    )
    return Towers(loaded, judge, recogniser, str(classifier), crops)


def split_beside(file: Path, run: str | None) -> Path | None:
    """Of a checkpoint LOGS/checkpoints/FILE the split of its run, LOGS/runs/RUN/split.json; None without."""
    if not run or Path(run).name != run:
        return None
    split = RunFolder(file.resolve().parent.parent / RUN_FOLDER / run).split
    return split if split.is_file() else None
