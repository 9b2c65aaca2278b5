"""Which package may import which, and that nothing imports in a circle, read off the source."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGES = ("facetrust", "align", "train", "infer", "common")
# what a folder may import besides itself; a file's own line goes before that of its folder
MAY_IMPORT = {
    "common": ("common",),
    "facetrust": PACKAGES,
    "facetrust/stages.py": ("facetrust", "common"),  # the stages by name
    "facetrust/sample": ("facetrust.sample", "common"),
    "align": ("align", "common"),
    "align/commands/sample.py": ("align", "facetrust.sample", "common"),
    "train": ("train", "common"),
    "infer": ("infer", "align", "common"),
}


def imports_of(path: Path) -> set[tuple[str, str]]:
    """The imports of a file, wherever they stand in it: (a.b, c) of `from a.b import c`, else (a.b, "")."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {(alias.name, "") for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {(node.module or "", alias.name) for alias in node.names}
    return found


def modules_in(repository: Path) -> dict[str, Path]:
    """The files of all packages by dotted name; `__init__` is a module beside the others of its folder."""
    return {
        ".".join(path.relative_to(repository).with_suffix("").parts): path
        for package in PACKAGES
        for path in sorted((repository / package).rglob("*.py"))
    }


def circle(folder: str, modules: dict[str, Path]) -> list[str]:
    """Files and folders right below a folder that import each other in a circle; empty if none do."""

    def part(module: str, name: str) -> str | None:
        choices = (f"{module}.{name}", f"{module}.{name}.__init__", module, f"{module}.__init__")
        found = next((choice for choice in choices if choice in modules), "")
        return found.removeprefix(f"{folder}.").split(".")[0] if found.startswith(f"{folder}.") else None

    graph: dict[str, set[str]] = {}
    for name, path in modules.items():
        if own := part(name, ""):
            imported = {part(*entry) for entry in imports_of(path)} - {own, None}
            graph.setdefault(own, set()).update(filter(None, imported))
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_a_package_imports_only_what_it_may(part: str, repository: Path) -> None:
    whole = repository / part
    wrong = {}
    for path in [whole] if whole.is_file() else sorted(whole.rglob("*.py")):
        place = str(path.relative_to(repository))
        allowed = MAY_IMPORT.get(place, MAY_IMPORT[part])
        ours = {f"{module}.{name}" for module, name in imports_of(path) if module.split(".")[0] in PACKAGES}
        if found := {name for name in ours if not name.startswith(tuple(f"{one}." for one in allowed))}:
            wrong[place] = found
    assert whole.exists() and wrong == {}


def test_nothing_imports_in_a_circle(repository: Path) -> None:
    """Imports for types alone, and those inside functions, count as well."""
    modules = modules_in(repository)
    folders = sorted({name.rpartition(".")[0] for name in modules})
    assert len(folders) > 20
    assert {folder: found for folder in folders if (found := circle(folder, modules))} == {}


def test_imports_are_found_inside_functions(tmp_path: Path) -> None:
    source = tmp_path / "module.py"
    source.write_text("def f():\n    from train.loop import train\n    import infer.cli as x\n")
    assert imports_of(source) == {("train.loop", "train"), ("infer.cli", "")}


def test_a_circle_is_found(tmp_path: Path) -> None:
    modules = {name: tmp_path / name for name in ("common.a.one", "common.b.two", "common.b.__init__")}
    modules["common.a.one"].write_text("from common.b import two\n")
    modules["common.b.two"].write_text("if TYPE_CHECKING:\n    from common.a.one import X\n")
    modules["common.b.__init__"].write_text("")
    assert set(circle("common", modules)) == {"a", "b"}
    modules["common.b.two"].write_text("")
    assert circle("common", modules) == []
