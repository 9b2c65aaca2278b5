"""What README.md and docs/ refer to is there: files, headings, modules, options."""

import re
from functools import cache
from pathlib import Path

import pytest
import typer

from align.cli import app as align_app
from infer.cli import app as infer_app
from train.cli import app as train_app

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    *(f"docs/{path.name}" for path in sorted((REPOSITORY / "docs").glob("*.md"))),
]
CODE = ("examples", "facetrust", "align", "train", "infer", "common", "tests", "benchmarks")
APPS = {"align": align_app, "train": train_app, "infer": infer_app}


def read(document: str) -> str:
    return (REPOSITORY / document).read_text(encoding="utf-8")


def anchors(text: str) -> set[str]:
    """Those of the headings: lower case, dashes for spaces, no marks."""
    headings = re.findall(r"^#+ +(.+)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_and_images_lead_somewhere(document: str) -> None:
    text = read(document)
    folder = (REPOSITORY / document).parent
    wrong = []
    for link in re.findall(r"\]\(\s*<?([^)\s>]+)", text):
        if re.match(r"https?://|mailto:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (folder / name) if name else REPOSITORY / document
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            wrong.append(link)
    assert wrong == []


@cache
def code_paths() -> tuple[str, ...]:
    """All modules and folders of the code, with a slash before, folders with one behind as well."""
    found = [path for package in CODE for path in [REPOSITORY / package, *(REPOSITORY / package).rglob("*")]]
    return tuple(
        f"/{path.relative_to(REPOSITORY)}{'/' if path.is_dir() else ''}" for path in found if path.name
    )


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if name != "README.md"])
def test_modules_that_a_document_names_are_there(document: str) -> None:
    """A path in backticks that ends in .py or / is that of a module or package, or the end of one.

    Those of folders that commands write are left out.
    """
    text = re.sub(r"^```.*?^```", "", read(document), flags=re.M | re.S)
    named = re.findall(r"`(?!training_logs/|results/|datasets/)((?:\w+/)*\w+(?:\.py|/))`", text)
    missing = [name for name in named if not any(path.endswith(f"/{name}") for path in code_paths())]
    assert missing == []
    assert named or document != "docs/architecture.md"


def test_what_the_architecture_finds_in_a_module_is_in_it() -> None:
    named = re.findall(r"`(\w+)` in `([\w/]+\.py)`", " ".join(read("docs/architecture.md").split()))
    assert named
    for name, module in named:
        assert re.search(rf"\b{name}\b", read(module)), f"{name} is not in {module}"


@cache
def options() -> dict[tuple[str, str], frozenset[str]]:
    """The options of each command, by stage and name."""
    return {
        (stage, name): frozenset(
            option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
        )
        | {"--help"}
        for stage, app in APPS.items()
        for name, command in typer.main.get_command(app).commands.items()  # type: ignore[attr-defined]
    }


@pytest.mark.parametrize("document", DOCUMENTS)
def test_commands_that_a_document_shows_have_their_options(document: str) -> None:
    text = read(document).replace("\\\n", " ")
    shown = re.findall(r"-m (align|train|infer) ([\w-]+)([^`\n#;]*)", text)
    for stage, name, rest in shown:
        assert (stage, name) in options(), f"there is no {stage} {name}"
        unknown = set(re.findall(r"(?<!\S)--[a-z][\w-]*", rest)) - options()[stage, name]
        assert unknown == set(), f"{stage} {name} has no {unknown}"


def test_options_that_the_readme_names_are_there() -> None:
    spans = re.findall(r"`(--[a-z][\w-]*)", re.sub(r"^```.*?^```", "", read("README.md"), flags=re.M | re.S))
    assert len(spans) > 5
    assert sorted(set(spans) - frozenset().union(*options().values())) == []
