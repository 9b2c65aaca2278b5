"""The chain to a fused encoder: a recogniser, a classifier, both as one, and what it says of pairs."""

from pathlib import Path

from common.formats.crop_frame import Template
from common.formats.shard_folder import is_shard_folder
from common.metrics.figures import CLASSIFICATION, VERIFICATION
from common.models.checkpoint import is_checkpoint, read_checkpoint_info
from common.models.crop_settings import CropSettings
from common.models.fused.wide_crop import HOW, wide_crop
from common.models.load_encoder import Wanted, load_encoder
from common.models.other_crops import refuse_other_form
from common.runtime.errors import UserError
from train.chain.answered import check_answered
from train.chain.config import ChainConfig
from train.chain.held_out import people_to_hold_out
from train.chain.step import Command, Made, Step, best_of_run, each, first_table, resumption_of_run
from train.chain.step_names import CLASSIFIER, FUSED, PAIRS, RECOGNISER
from train.data.crop_settings import crop_settings_of
from train.data.dataset import CropDataset
from train.data.require_shards import require_shards
from train.data.split import write_split
from train.fusion.towers import split_beside
from train.tasks.verification.shelf import on_shelf

PAIR_LISTS = (".csv", ".tsv", ".txt", ".bin")
FUSED_FILE = "fused.safetensors"


def _taken_as_it_is(config: ChainConfig, made: Made) -> str:
    return "" if config.trains_recogniser else f"--recogniser-config is none: {config.recogniser} stays"


def _recogniser(config: ChainConfig, made: Made, folder: Path) -> Command:
    own = [*each("--data", config.data), "--pretrained", _source(config)]
    own += ["--pairs", "none", "--validation-pairs", "none", *_same_people(folder)]
    own += [*each("--set", config.recogniser_set), "--out", str(folder)]
    return ["train", "run", "--config", config.recogniser_config, *own]


def _classifier(config: ChainConfig, made: Made, folder: Path) -> Command:
    own = [*each("--data", config.wide), *_same_people(folder)]
    own += [*each("--set", config.classifier_set), "--out", str(folder)]
    return ["train", "classifier", "--config", config.classifier, *own]


def _fused(config: ChainConfig, made: Made, folder: Path) -> Command:
    towers = [
        "--recogniser",
        str(made.get(RECOGNISER, _source(config))),
        "--classifier",
        str(made[CLASSIFIER]),
    ]
    return ["train", "fuse", *towers, *each("--data", config.wide), "--out", str(_fused_file(folder))]


def _fused_file(folder: Path) -> Path:
    return folder / FUSED_FILE


def _no_pairs(config: ChainConfig, made: Made) -> str:
    return "" if config.answer else "there are no pairs to --answer for"


def _pairs(config: ChainConfig, made: Made, folder: Path) -> Command:
    own = ["--model", str(made[FUSED]), "--format", config.format, "--out", str(folder)]
    return ["infer", "pairs", str(config.answer), *own]


def _source(config: ChainConfig) -> str:
    """The weights of the recogniser, by their file where they lie on the shelf of the logs."""
    return str(on_shelf(config.recogniser, config.out) or config.recogniser)


def _same_people(folder: Path) -> Command:
    return ["--set", f"validation.split={_split(folder.parent)}"]


def _split(chain: Path) -> Path:
    """The people whom both towers hold out, in the folder of the chain."""
    return chain / "split.json"


def _hold_out(config: ChainConfig, chain: Path) -> None:
    write_split(_split(chain), _held_out(config))


def _held_out(config: ChainConfig) -> set[str]:
    file = Path(_source(config))
    run = read_checkpoint_info(file).run if is_checkpoint(file) else None
    faces = CropDataset(*config.data) if config.trains_recogniser else None
    return people_to_hold_out(_wide(config), faces, config.held_out, split_beside(file, run))


def _check_towers(config: ChainConfig) -> None:
    """Raises UserError for shards that are cut otherwise, towers that cannot be fused, and too few people."""
    _crops(config)
    _held_out(config)


def _wide(config: ChainConfig) -> CropDataset:
    """The crops of the classifier, at its size."""
    return CropDataset(*config.wide, size=config.classifier_config().size)


def _crops(config: ChainConfig) -> CropSettings:
    """The crops that the fused encoder will take. Raises UserError for shards and towers that give none."""
    size = config.classifier_config().size
    taken = _wide_crops(config)
    loaded = load_encoder(_source(config), _wanted(config))
    if config.trains_recogniser:
        require_shards(config.data)
        CropDataset(*config.data).require(loaded.encoder.input_format.size)
    own = loaded.info.crops if loaded.info else None
    return wide_crop(own, loaded.encoder.input_format.size, taken, size)


def _wide_crops(config: ChainConfig) -> CropSettings:
    for folder in config.wide:
        if not is_shard_folder(folder):
            raise UserError(f"no shards in {folder}; make some by {HOW}, and name their folder with --wide")
    dataset = _wide(config)
    header, named = next(iter(dataset.headers)), ", ".join(map(str, config.wide))
    if header.template != Template.LOOSE:
        raise UserError(
            f"the crops in {named} are of the template {header.template!r}, the classifier takes loose ones; "
            f"make them by {HOW}, and name their folder with --wide"
        )
    taken, notes = crop_settings_of(dataset.folders)
    if taken is None:
        raise UserError(f"of {named} {notes[0]}; make them by one and the same 'python -m align run'")
    return taken


def _check_classifier(config: ChainConfig) -> None:
    """Raises UserError where the classifier would have bona fide crops alone, as without a meta.json."""
    if not config.classifier_config().forge.share and not _wide(config).synthetic.any():
        raise UserError(
            f"there are no synthetic crops in {', '.join(map(str, config.wide))} to train the classifier on; "
            "run 'python -m align run' where it finds the labels, or add --classifier-set forge.share=0.25"
        )


def _wanted(config: ChainConfig) -> Wanted:
    """What the weights of the recogniser have to be for its training, if there is one."""
    if not config.trains_recogniser:
        return Wanted()
    chosen = config.recogniser_run_config()
    return Wanted(chosen.backbone, colour=chosen.colour, partial=chosen.partial)


def _check_pairs(config: ChainConfig) -> None:
    """Raises UserError for pairs that are not there, or not as the encoder takes them, and their format."""
    source = config.answer
    assert source is not None  # else the step is left out
    check_answered(source, config.out, "pairs", PAIR_LISTS)
    if is_shard_folder(source):
        crops = _crops(config)
        for header in CropDataset(source).headers:
            refuse_other_form(source, header, crops.size, crops)
    if config.format == "prediction":
        raise UserError(
            "--format prediction is of single photographs; answers for pairs are submission or csv"
        )


FUSED_STEPS = (
    Step(
        RECOGNISER,
        uses=("data", "recogniser", "recogniser_config", "recogniser_set"),
        left_out=_taken_as_it_is,
        command=_recogniser,
        resumption=resumption_of_run("run"),
        made=best_of_run(VERIFICATION),
    ),
    Step(
        CLASSIFIER,
        uses=("wide", "classifier", "classifier_set"),
        check=_check_classifier,
        command=_classifier,
        resumption=resumption_of_run("classifier"),
        made=best_of_run(CLASSIFICATION),
    ),
    Step(
        FUSED,
        needs=(CLASSIFIER,),
        takes=(RECOGNISER,),
        uses=("wide", "recogniser", "held_out"),
        check=_check_towers,
        prepare=_hold_out,
        command=_fused,
        made=_fused_file,
    ),
    Step(
        PAIRS,
        needs=(FUSED,),
        uses=("answer", "format"),
        left_out=_no_pairs,
        check=_check_pairs,
        command=_pairs,
        made=first_table,
    ),
)
