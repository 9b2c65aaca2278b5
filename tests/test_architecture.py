"""Which package may import which, read off the source."""

import ast
from pathlib import Path

import pytest

STAGES = {"align", "train", "infer"}
FORBIDDEN = {
    "common": STAGES,
    "align": {"train", "infer"},
    "train": {"align", "infer"},
    "infer": {"train"},
}


def imported_packages(path: Path) -> set[str]:
    """The first part of every absolute import of a file, wherever in the file it stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add((node.module or "").split(".")[0])
    return found


@pytest.mark.parametrize("package", FORBIDDEN)
def test_a_package_imports_only_what_it_may(package: str, repository: Path) -> None:
    files = sorted((repository / package).rglob("*.py"))
    wrong = {
        str(path.relative_to(repository)): found
        for path in files
        if (found := imported_packages(path) & FORBIDDEN[package])
    }
    assert len(files) > 5 and wrong == {}


def test_imports_are_found_inside_functions(tmp_path: Path) -> None:
    source = tmp_path / "module.py"
    source.write_text("def f():\n    from train.loop import train\n    import infer.cli as x\n")
    assert imported_packages(source) == {"train", "infer"}
