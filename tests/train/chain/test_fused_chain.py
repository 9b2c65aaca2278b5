"""The chain to a fused encoder: its steps, and what is refused before the first."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from common.formats.shards import open_shard, read_header, read_rows, write_shard
from common.runtime.errors import UserError
from train.chain.config import ChainConfig
from train.chain.record import ChainFolder
from train.chain.run_chain import start_chain
from train.chain.step_names import CLASSIFIER, FUSED, PAIRS, RECOGNISER
from train.chain.steps import STEPS, steps_of
from train.data.split import write_split
from train.load_config import load_config

Settings = dict[str, Any]


def start(settings: Settings, **changes: object) -> ChainFolder:
    return start_chain(load_config(ChainConfig, "challenge", settings | changes))


def commands(settings: Settings, made: dict[str, Path]) -> dict[str, str]:
    """The command of each step that is not left out."""
    config = load_config(ChainConfig, "challenge", settings)
    return {
        step.name: " ".join(step.command(config, made, Path("c") / step.name))
        for step in steps_of(config)
        if not step.left_out(config, made)
    }


def test_each_step_is_a_command_over_what_those_before_it_made() -> None:
    given: Settings = {"data": ["faces"], "wide": ["w", "v"], "recogniser": "r.pt", "answer": "pairs"}
    given |= {"recogniser_set": ["epochs=9"], "classifier_set": ["size=96"], "format": "csv"}
    made = {
        RECOGNISER: Path("e.safetensors"),
        CLASSIFIER: Path("k.safetensors"),
        FUSED: Path("f.safetensors"),
    }
    assert commands(given, made) == {
        RECOGNISER: "train run --config neural_defenders --data faces --pretrained r.pt --pairs none "
        "--validation-pairs none --set validation.split=c/split.json --set epochs=9 --out c/recogniser",
        CLASSIFIER: "train classifier --config challenge --data w --data v --set "
        "validation.split=c/split.json --set size=96 --out c/classifier",
        FUSED: "train fuse --recogniser e.safetensors --classifier k.safetensors --data w --data v --out "
        "c/fused/fused.safetensors",
        PAIRS: "infer pairs pairs --model f.safetensors --format csv --out c/pairs",
    }


def test_a_recogniser_can_be_taken_as_it_is_and_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "pretrained").mkdir()
    (tmp_path / "pretrained" / "adaface_x.pt").touch()
    given = {"recogniser_config": "none", "recogniser": "adaface-x", "out": str(tmp_path)}
    told = commands(given, {CLASSIFIER: Path("k")})
    assert list(told) == [CLASSIFIER, FUSED]
    assert f"--recogniser {tmp_path}/pretrained/adaface_x.pt --classifier k" in told[FUSED]


def test_both_towers_hold_out_the_same_people(challenge: Settings, recogniser: Path, tmp_path: Path) -> None:
    chain = start(challenge)
    held_out = json.loads((chain.path / "split.json").read_text())["held_out"]
    assert len(held_out) == 4 and [step.name for step in chain.read().steps] == list(STEPS)[-4:]
    logs = tmp_path / "earlier"
    shutil.copytree(recogniser.parent, logs / "checkpoints")
    (logs / "runs" / "20260101-000000").mkdir(parents=True)
    own = sorted({f"person{number}" for number in range(6)} - set(held_out[:2]))
    write_split(logs / "runs" / "20260101-000000" / "split.json", own)
    chain = start(challenge, recogniser=str(logs / "checkpoints" / recogniser.name))
    assert json.loads((chain.path / "split.json").read_text())["held_out"] == own


def test_what_would_be_refused_after_hours_is_refused_at_once(
    challenge: Settings, tiny_shards: Path, wide_shards: Path, make_fused: Callable[..., Path], tmp_path: Path
) -> None:
    frozen = {"recogniser_config": "none", "recogniser_set": (), "data": ChainConfig().data}
    unknown = tmp_path / "unknown"
    shutil.copytree(wide_shards, unknown, ignore=shutil.ignore_patterns("manifest.jsonl"))
    bona_fide = tmp_path / "bona_fide"
    shutil.copytree(wide_shards, bona_fide)
    for path in bona_fide.glob("*.h5"):
        with open_shard(path) as shard:
            header, rows = read_header(shard), read_rows(shard)
        write_shard(path, header, replace(rows, synthetic=0 * rows.synthetic))
    before = sorted(tmp_path.iterdir())
    refused: list[tuple[Settings, str]] = [
        (
            {"wide": [str(tiny_shards)]},
            "are of the template 'arcface', the classifier takes loose ones; make",
        ),
        ({"wide": [str(tmp_path)]}, "no shards in .*--template loose .* name their folder with --wide"),
        ({"wide": [str(unknown)]}, "will not remember how their crops were taken .*: no manifest tells"),
        (
            {"wide": [str(bona_fide)], "classifier_set": ["forge.share=0"]},
            "no synthetic crops in .* to train the classifier on; .* --classifier-set forge.share=0.25",
        ),
        ({"data": [str(wide_shards)]}, "in the template 'loose', but the encoder takes 112x112 in 'arcface'"),
        ({"data": [str(tmp_path)]}, "no shards in"),
        ({"recogniser": "nobody.pt"}, "nobody.pt"),
        ({"recogniser_set": ()}, "own.safetensors is a ir_lite; add --backbone ir_lite"),
        (frozen | {"recogniser": str(make_fused())}, "fused"),
        ({"held_out": 0.1}, "1 of 6 people who are in --data and --wide would be held out; .* --held-out"),
        (frozen | {"held_out": 0.9}, "5 of 6 people would be held out"),
        ({"recogniser_config": "none"}, "--data and --recogniser-set are of a training of the recogniser"),
        ({"recogniser_set": ["validation.split=x"]}, "--recogniser-set validation.split is for the chain"),
        ({"classifier": "cnn_rnn"}, "has a head over time, and pairs are of single crops"),
        ({"answer": str(tmp_path / "none")}, "is neither a folder of pairs nor a list of them"),
        ({"answer": str(tiny_shards)}, "has crops of 112 pixels and the template 'arcface', the model takes"),
        ({"answer": str(wide_shards), "format": "prediction"}, "answers for pairs are submission or csv"),
        ({"unlabelled": str(tiny_shards)}, "--unlabelled plays no part in the steps recogniser, classifier"),
        ({"steps": ["fused"]}, "the step fused needs classifier before it"),
        ({"steps": ["recogniser", "recogniser"]}, "steps names recogniser twice"),
        ({"steps": ["dance"]}, "must be one of"),
    ]
    for changes, told in refused:
        with pytest.raises(UserError, match=told) as error:
            start(challenge, **changes)
        assert "\n" not in str(error.value)
    assert sorted(tmp_path.iterdir()) == before
