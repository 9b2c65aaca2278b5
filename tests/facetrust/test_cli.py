"""The console command beside files of the user's own that are called as the stages are."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from common.formats.manifest import Manifest, ManifestEntry, ManifestHeader, write_manifest

# what the script of the installed command does, without the folder that is worked in on the path
SCRIPT = "import sys; from facetrust.cli import main; sys.exit(main())"


def facetrust(words: list[str], cwd: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    script = cwd.parent / "bin" / "facetrust"
    script.parent.mkdir(exist_ok=True)
    script.write_text(SCRIPT)
    return python([str(script), *words], cwd, environment)


def python_m(
    stage: str, words: list[str], cwd: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return python(["-m", stage, *words], cwd, environment)


def python(words: list[str], cwd: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.slow
def test_own_files_do_not_shadow_the_stages(tmp_path: Path, process_environment: dict[str, str]) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    for name in ("infer", "align", "train", "common", "facetrust"):
        (folder / f"{name}.py").write_text("print('welcome')\n")
    done = facetrust(["infer", "verify", "x.jpg", "y.jpg", "--threshold", "0.3"], folder, process_environment)
    assert done.returncode == 2, done.stdout
    assert "welcome" not in done.stdout
    assert "x.jpg" in done.stderr or "no checkpoint" in done.stderr


@pytest.mark.slow
def test_a_stage_gets_all_words_as_they_are(tmp_path: Path, process_environment: dict[str, str]) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    told = facetrust(["align", "run", "-h"], folder, process_environment)
    assert told.returncode == 0 and "facetrust align run" in told.stdout and "--det-size" in told.stdout
    missing = facetrust(["align", "run", "--", "--not-there"], folder, process_environment)
    assert missing.returncode == 2 and "--not-there" in missing.stderr
    assert "no such folder" in missing.stderr


def test_version_and_stages(tmp_path: Path, process_environment: dict[str, str]) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    told = facetrust(["--version"], folder, process_environment)
    assert told.returncode == 0 and told.stdout.strip() == f"facetrust {version('facetrust')}"
    helped = facetrust([], folder, process_environment)
    assert all(stage in helped.stdout for stage in ("align", "train", "infer"))


@pytest.mark.parametrize("stage", ["align", "train", "infer"])
def test_a_stage_tells_the_version(stage: str, tmp_path: Path, process_environment: dict[str, str]) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    by_command = facetrust([stage, "--version"], folder, process_environment)
    by_module = python_m(stage, ["--version"], folder, process_environment)
    for done in (by_command, by_module):
        assert done.returncode == 0 and done.stdout.strip() == f"facetrust {version('facetrust')}"


@pytest.mark.parametrize("broken", ["import no_such_package", "def f(:", "raise MemoryError", "1 / 0"])
def test_what_cannot_start_is_status_2(
    broken: str, tmp_path: Path, process_environment: dict[str, str]
) -> None:
    """Status 1 would say that two photographs do not match."""
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "typer.py").write_text(f"{broken}\n")
    hidden = process_environment | {"PYTHONPATH": f"{folder}:{process_environment['PYTHONPATH']}"}
    for done in (
        python_m("infer", ["verify", "a.jpg", "b.jpg"], folder, hidden),
        facetrust(["infer", "verify", "a.jpg", "b.jpg"], folder, hidden),
    ):
        assert done.returncode == 2 and done.stderr


def test_a_folder_of_the_users_called_common_is_status_2(
    tmp_path: Path, process_environment: dict[str, str]
) -> None:
    (tmp_path / "common.py").write_text("")
    done = python_m("infer", ["verify", "a.jpg", "b.jpg"], tmp_path, process_environment)
    assert done.returncode == 2 and "common" in done.stderr


def test_the_answer_no_goes_through_the_console_command(
    tmp_path: Path, process_environment: dict[str, str]
) -> None:
    """That of `align check`, which takes no model: a shard is missing."""
    folder = tmp_path / "work"
    (folder / "shards").mkdir(parents=True)
    entry = ManifestEntry("shard-00000.h5", 1, "0" * 64, "", [])
    write_manifest(folder / "shards", Manifest(ManifestHeader("photographs", {}, 1), {entry.shard: entry}))
    statuses = {
        done.returncode
        for done in (
            facetrust(["align", "check", "shards"], folder, process_environment),
            python_m("align", ["check", "shards"], folder, process_environment),
        )
    }
    assert statuses == {1}


def test_hints_are_in_the_form_that_was_typed(tmp_path: Path, process_environment: dict[str, str]) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    told = facetrust(["align", "show", "absent"], folder, process_environment)
    assert told.returncode == 2 and "make it with 'facetrust align run'" in told.stderr
    helped = facetrust(["align", "show", "--help"], folder, process_environment)
    assert "facetrust align show datasets/mine" in helped.stdout and "python -m" not in helped.stdout
