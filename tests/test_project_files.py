"""The files beside the code: the workflow, the hooks, the image, what an installed package holds."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

PACKAGES = ("align", "train", "infer", "common", "facetrust")


def read_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_workflow_runs_the_checks_on_the_versions_that_the_readme_names(repository: Path) -> None:
    (job,) = read_yaml(repository / ".github" / "workflows" / "ci.yml")["jobs"].values()
    (run,) = (step for step in job["steps"] if "run" in step)
    assert (repository / run["run"]).is_file()
    assert run["env"]["PYTHON"] == "python${{ matrix.python }}"
    versions = job["strategy"]["matrix"]["python"]
    named = re.search(r"Python (3\.\d+) or (3\.\d+) is needed", (repository / "README.md").read_text("utf-8"))
    assert named and versions == list(named.groups())
    required = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"]
    assert required == f">={versions[0]}"


def test_hooks_are_programs_of_the_environment(repository: Path) -> None:
    config = read_yaml(repository / ".pre-commit-config.yaml")
    hooks = [hook for repo in config["repos"] for hook in repo["hooks"]]
    assert {hook["id"] for hook in hooks} == {"ruff", "mypy"}
    for hook in hooks:
        program = hook["entry"].split()[0]
        assert hook["language"] == "system" and shutil.which(program, path=str(Path(sys.executable).parent))


def test_the_image_is_made_by_the_steps_of_the_readme(repository: Path) -> None:
    image = (repository / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    readme = (repository / "README.md").read_text("utf-8")
    steps = [
        " ".join(step.replace("--no-install-recommends", "").split())
        for step in re.findall(r"(?:apt-get|pip) install [^&;\n]*", image)
    ]
    makefile = (repository / "Makefile").read_text("utf-8").replace("$(BIN)/", "").replace("--upgrade ", "")
    assert len(steps) == 4
    assert [step for step in steps if step not in readme + makefile] == []
    ignored = (repository / ".dockerignore").read_text("utf-8").split()
    assert not {name for name in (*PACKAGES, "README.md", "LICENSE", "pyproject.toml") if name in ignored}


@pytest.mark.slow
def test_a_wheel_holds_every_file_of_the_packages(repository: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    for package in PACKAGES:
        shutil.copytree(repository / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(repository / name, source)
    words = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", tmp_path, source]
    done = subprocess.run([sys.executable, "-m", "pip", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        packed = set(opened.namelist())
    files = {
        str(path.relative_to(repository))
        for package in PACKAGES
        for path in (repository / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "facetrust/py.typed" in files and sorted(files - packed) == []


def test_data_is_fetched_by_the_client_that_is_there(
    repository: Path, tmp_path: Path, process_environment: dict[str, str]
) -> None:
    client = tmp_path / "kaggle"
    client.write_text('#!/bin/sh\necho "called with $@"\n')

    def make(*words: str) -> subprocess.CompletedProcess[str]:
        path = f"{tmp_path}:/usr/bin:/bin"
        told = ["make", "--no-print-directory", "-C", str(repository), "data", *words]
        environment = process_environment | {"PATH": path}
        return subprocess.run(told, env=environment, capture_output=True, text=True, check=False)

    assert "make data SET=OWNER/NAME" in make().stdout
    assert "pip install kaggle" in make("SET=a/b").stdout
    client.chmod(0o755)
    assert "called with datasets download --dataset a/b --path datasets/b --unzip" in make("SET=a/b").stdout
