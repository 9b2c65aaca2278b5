"""Every command that README.md shows is run, in its order, in a user's folder.

Commands are the lines of its console blocks, where `;` parts two, and what stands in backticks and begins as
one of `BEGINNINGS`. `make demo` stands for the steps of its recipe; what occurs twice is run once. A command
goes on from what those before it left, so a test runs these first where they have not been run.

Commands run as they are shown, but for the exceptions in the tables below; a new line in README.md needs no
change here.
"""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
BEGINNINGS = ("python -m ", "python benchmarks/", "make ", "torchrun ", "pip install ", "source ")

# Not run, and why.
EXCEPTED = {
    "make test": "it runs this test",
    "make coverage": "as make test",
    "make quick": "it runs the tests beside this one",
    "make lint": "it judges the source, for minutes",
    "make gpu": "it exchanges packages of the environment",
    "source .venv/bin/activate": "it is for a shell",
    "apt-get install --yes libgl1 libglib2.0-0": "it changes the machine",
    'pip install torch torchvision --index-url "$TORCH_INDEX"': "as make gpu",
    "pip install -e '.[serve]'": "as make gpu",
    "docker build -t facetrust --build-arg TORCH_INDEX .": "it needs Docker, and takes minutes",
    'docker run --rm -v "$PWD:/data" facetrust align run datasets/raw_images': "it needs Docker",
    "python -m infer session passport.jpg selfie.mp4": "it needs a video; its own tests have one",
    "python -m infer classify clip.mp4 --render seen.mp4": "as infer session",
    "python -m infer": "it is the name of a stage, not a command",
}

# Run in another form, and why.
REPLACED = {
    "python -m train run": ("python -m train run --backbone ir_lite", "IR-101 takes minutes without a GPU"),
    "torchrun --nproc-per-node 8 -m train run --batch-size 1024": (
        "torchrun --standalone --nproc-per-node 2 -m train run --backbone ir_lite",
        "eight GPUs; and IR-101 as above",
    ),
}

# Options added to commands that begin so, to cost less; of several beginnings the longest counts.
SHORT_TRAINING = (
    "--epochs 1 --batch-size 16 --set batch.photos_per_identity=8 --set batch.loader_workers=0 "
    "--set validation.share=0.4 --set validation.pairs_per_category=20"
)
SHORT_CLASSIFIER = (
    "--epochs 1 --batch-size 16 --size 48 --backbone timm:mobilenetv2_035 --set validation.share=0.3"
)
CHEAPER = {
    "python -m align sample": "--identities 8 --test-identities 8 --pairs 36",
    "python -m train run": SHORT_TRAINING,
    "python -m train run --resume": "--epochs 2",  # without it nothing is left to do
    "torchrun": SHORT_TRAINING,
    "python -m train classifier": SHORT_CLASSIFIER,
    "python -m infer serve": "--port 0",
    "python benchmarks/": "--help",
}

# Exit statuses that README.md tells, other than 0.
STATUSES = {"python -m infer verify": {0, 1}}

SERVICE = "python -m infer serve"
WRITTEN = re.compile(r"(?<![\w/.-])(?:results|training_logs|datasets|data)/[\w./-]*\w")
OUTPUT_OPTIONS = re.compile(r" --(?:out|preview|picture) (\S+)")


def commands_in(text: str) -> Iterator[str]:
    """The commands of a Markdown text in its order, some more than once."""
    for number, part in enumerate(re.split(r"^```", text, flags=re.MULTILINE)):
        if number % 2 == 0:
            spans = (" ".join(span.split()) for span in re.findall(r"`([^`]+)`", part))
            yield from (span for span in spans if span.startswith(BEGINNINGS))
        elif part.startswith("console\n"):
            for line in part.removeprefix("console\n").replace("\\\n", " ").splitlines():
                parts = re.sub(r"(^|\s)#.*", "", line).split(";")
                yield from (" ".join(command.split()) for command in parts if command.strip())


def recipe(target: str) -> str:
    """What `make` would do, the environment made anew."""
    done = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", target, "VENV=absent"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"make {target}: {done.stderr}"
    return done.stdout.replace("\\\n", " ")


def readme() -> str:
    return (REPOSITORY / "README.md").read_text(encoding="utf-8")


def demo_steps() -> list[str]:
    found = re.findall(r"^absent/bin/(python -m .*)", recipe("demo"), re.MULTILINE)
    return [" ".join(step.split()) for step in found]


SHOWN = list(dict.fromkeys(commands_in(readme())))
COMMANDS = list(
    dict.fromkeys(
        step
        for command in SHOWN
        if command not in EXCEPTED
        for step in (demo_steps() if command == "make demo" else [command])
    )
)


def longest_beginning(command: str, table: dict[str, Any]) -> str | None:
    return max((start for start in table if command.startswith(start)), key=len, default=None)


def as_run(command: str) -> str:
    """A command with the exceptions of the tables."""
    instead = REPLACED[command][0] if command in REPLACED else command
    start = longest_beginning(instead, CHEAPER)
    return f"{instead} {CHEAPER[start]}" if start else instead


@dataclass
class Walk:
    """Runs the commands of README.md, each once and in order, up to the one that is asked for."""

    workspace: Any
    done: list[subprocess.CompletedProcess[str]] = field(default_factory=list)

    def outcome(self, command: str) -> subprocess.CompletedProcess[str]:
        for due in COMMANDS[len(self.done) : COMMANDS.index(command) + 1]:
            run = self.workspace.serve if due.startswith(SERVICE) else self.workspace.run
            try:
                self.done.append(run(as_run(due)))
            except (OSError, AssertionError, subprocess.TimeoutExpired) as error:
                self.done.append(subprocess.CompletedProcess(due, 2, "", f"{type(error).__name__}: {error}"))
        return self.done[COMMANDS.index(command)]


@pytest.fixture(scope="module")
def walk(workspace: Any) -> Walk:
    return Walk(workspace)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=COMMANDS)
def test_a_command_of_the_readme_runs(command: str, walk: Walk) -> None:
    done = walk.outcome(command)
    told = f"{as_run(command)}: status {done.returncode}\n{done.stdout}\n{done.stderr}"
    start = longest_beginning(command, STATUSES)
    assert done.returncode in (STATUSES[start] if start else {0}), told
    assert "Traceback" not in done.stdout + done.stderr, told
    named = OUTPUT_OPTIONS.findall(command) + WRITTEN.findall(done.stdout)
    assert [name for name in named if not (walk.workspace.folder / name).exists()] == [], told


@pytest.mark.slow
def test_what_the_readme_names_is_there_in_the_end(walk: Walk) -> None:
    walk.outcome(COMMANDS[-1])
    named = set(WRITTEN.findall(readme() + recipe("demo")))
    assert "results/test_public.csv" in named
    assert sorted(name for name in named if not (walk.workspace.folder / name).exists()) == []


def test_the_tables_hold_no_exception_that_the_readme_does_not_need() -> None:
    assert set(EXCEPTED) | set(REPLACED) <= set(SHOWN)
    ran = [REPLACED[command][0] if command in REPLACED else command for command in COMMANDS]
    assert {longest_beginning(command, CHEAPER) for command in ran} >= set(CHEAPER)
    assert {longest_beginning(command, STATUSES) for command in ran} >= set(STATUSES)


@pytest.mark.parametrize("command", [command for command in SHOWN if command.startswith("make ")])
def test_a_target_of_make_is_there(command: str) -> None:
    assert recipe(command.removeprefix("make "))


def test_commands_are_found() -> None:
    text = (
        "Say `python -m align\nshow` or `make x`, `--help`, `torchrun`:\n\n"
        "```console\nmake y   # a; b\npython -m a; python -m b --c=#1\n\n# nothing\n"
        "python -m d \\\n    --e\n```\n"
        "```json\npython -m no\n```\n"
    )
    inline = ["python -m align show", "make x"]
    block = ["make y", "python -m a", "python -m b --c=#1", "python -m d --e"]
    assert list(commands_in(text)) == inline + block
    assert len(COMMANDS) > 20 and set(demo_steps()) <= set(COMMANDS)
