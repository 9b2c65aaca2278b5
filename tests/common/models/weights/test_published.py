from pathlib import Path

import pytest

from common.models.weights.published import PUBLISHED, SUGGESTED, how_to_get_weights
from common.models.weights.recognise import backbone_shapes

BYTES_OF_A_WEIGHT = 4


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_size_told_is_that_of_the_backbone_in_the_name(name: str) -> None:
    backbone = name.split("-")[1].replace("ir", "ir_")
    weights = sum(shape.numel() for shape in backbone_shapes(backbone).values())
    assert PUBLISHED[name].megabytes == pytest.approx(weights * BYTES_OF_A_WEIGHT / 1e6, abs=0.6)


@pytest.mark.parametrize("option", ["--model", "--pretrained"])
def test_one_line_names_sizes_licence_command_and_the_way_of_a_file(option: str) -> None:
    told = how_to_get_weights(option)
    assert "\n" not in told
    for name in SUGGESTED:
        assert f"{option} {name} ({PUBLISHED[name].megabytes} MB)" in told
    assert "MIT" in told and "licence of the faces" in told
    assert f"{option} FILE" in told


def test_the_documentation_lists_every_name_with_its_size(repository: Path) -> None:
    text = (repository / "docs" / "training.md").read_text(encoding="utf-8")
    for name, weights in PUBLISHED.items():
        assert f"| `{name}` | {weights.megabytes} MB | {weights.data} |" in text
