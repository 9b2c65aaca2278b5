"""The long chain: pre-training, folds, pseudo-labels, folds again, and what their ensemble answers."""

from pathlib import Path

from common.formats.shard_folder import is_shard_folder
from common.formats.submission import submission_ids
from common.metrics.figures import PRETRAINING
from common.runtime.errors import UserError
from train.chain.answered import check_answered
from train.chain.config import ChainConfig
from train.chain.step import (
    Command,
    Made,
    Step,
    best_of_run,
    each,
    first_table,
    resumed,
    resumption_of_run,
)
from train.chain.step_names import AGAIN, ANSWER, FOLDS, PRETRAIN, PSEUDO
from train.data.dataset import CropDataset
from train.data.require_shards import require_shards
from train.folds.fold_folder import fold_folders
from train.pseudo_labels.provenance import PROVENANCE_FILE, read_provenance
from train.pseudo_labels.unlabelled import open_unlabelled


def _no_pretraining(config: ChainConfig, made: Made) -> str:
    return "" if config.pretrains else "--pretrain is none"


def _pretrain(config: ChainConfig, made: Made, folder: Path) -> Command:
    own = [*each("--data", _all_shards(config)), *each("--set", config.pretrain_set), "--out", str(folder)]
    return ["train", "pretrain", "--config", config.pretrain, *own]


def _all_shards(config: ChainConfig) -> list[Path]:
    return [*config.data, *([config.unlabelled] if config.unlabelled else [])]


def _check_shards(config: ChainConfig) -> None:
    """Raises UserError where shards are missing or do not fit together, or unlabelled ones have labels."""
    require_shards(config.data)
    if config.unlabelled is not None:
        if not is_shard_folder(config.unlabelled):
            raise UserError(
                f"no shards in {config.unlabelled}; make some of the photographs with 'python -m align run', "
                "by the options that made those of --data, and name their folder with --unlabelled; "
                "photographs are for --answer"
            )
        open_unlabelled(config.unlabelled, [], allow_missing=False)
    CropDataset(*_all_shards(config))


def _folds(config: ChainConfig, made: Made, folder: Path) -> Command:
    own = [*each("--data", config.data), "--folds", str(config.folds)]
    if PSEUDO in made:
        own += ["--data", str(made[PSEUDO])]
    if PRETRAIN in made:
        own += ["--pretrained", str(made[PRETRAIN])]
    own += [*each("--set", config.classifier_set), "--out", str(folder)]
    return ["train", "classifier", "--config", config.classifier, *own]


def _resumed_folds(folder: Path) -> Command:
    sets = fold_folders(folder)
    return resumed("classifier", sets[-1].name, folder) if sets else []


def _set_of_folds(folder: Path) -> Path:
    sets = [each for each in fold_folders(folder) if each.summary.is_file()]
    if not sets:
        raise UserError(f"no folds were finished in {folder}")
    return sets[-1].path


def _no_pseudo_labels(config: ChainConfig, made: Made) -> str:
    if config.unlabelled is None:
        return "there are no --unlabelled shards"
    return "" if config.rounds else "--rounds is 0"


def _pseudo_labels(config: ChainConfig, made: Made, folder: Path) -> Command:
    own = ["--at", str(config.at), "--tta", config.tta, *each("--labelled", config.data)]
    own += ["--out", str(folder / "shards")]
    return ["train", "pseudo-label", str(made[FOLDS]), "--data", str(config.unlabelled), *own]


def _pseudo_shards(folder: Path) -> Path:
    return folder / "shards"


def _no_folds_again(config: ChainConfig, made: Made) -> str:
    if reason := _no_pseudo_labels(config, made):
        return reason
    told = read_provenance(made[PSEUDO] / PROVENANCE_FILE) if PSEUDO in made else None
    none_certain = told is not None and not told.synthetic + told.bona_fide
    return "the folds were certain of no crop" if none_certain else ""


def _nothing_to_answer(config: ChainConfig, made: Made) -> str:
    return "" if config.answered else "there is nothing to --answer for"


def _check_answered(config: ChainConfig) -> None:
    """Raises UserError for photographs that cannot be answered for, or have no ids that are asked for."""
    source = config.answered
    assert source is not None  # else the step is left out
    check_answered(source, config.out, "photographs or shards")
    if config.format == "submission" and is_shard_folder(source):
        submission_ids(CropDataset(source).paths())


def _answer(config: ChainConfig, made: Made, folder: Path) -> Command:
    own = ["--model", str(made.get(AGAIN, made[FOLDS])), "--tta", config.tta, "--format", config.format]
    return ["infer", "classify", str(config.answered), *own, "--out", str(folder)]


LONG_STEPS = (
    Step(
        PRETRAIN,
        uses=("data", "unlabelled", "pretrain", "pretrain_set"),
        left_out=_no_pretraining,
        command=_pretrain,
        resumption=resumption_of_run("pretrain"),
        made=best_of_run(PRETRAINING),
    ),
    Step(
        FOLDS,
        takes=(PRETRAIN,),
        uses=("data", "unlabelled", "folds", "classifier", "classifier_set"),
        check=_check_shards,
        command=_folds,
        resumption=_resumed_folds,
        made=_set_of_folds,
    ),
    Step(
        PSEUDO,
        needs=(FOLDS,),
        uses=("data", "unlabelled", "rounds", "at", "tta"),
        left_out=_no_pseudo_labels,
        command=_pseudo_labels,
        made=_pseudo_shards,
    ),
    Step(
        AGAIN,
        needs=(PSEUDO,),
        takes=(PRETRAIN,),
        uses=("data", "unlabelled", "rounds", "folds", "classifier", "classifier_set"),
        left_out=_no_folds_again,
        command=_folds,
        resumption=_resumed_folds,
        made=_set_of_folds,
    ),
    Step(
        ANSWER,
        needs=(FOLDS,),
        takes=(AGAIN,),
        uses=("unlabelled", "answer", "tta", "format"),
        left_out=_nothing_to_answer,
        check=_check_answered,
        command=_answer,
        made=first_table,
    ),
)
