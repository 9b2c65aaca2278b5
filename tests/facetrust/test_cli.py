"""The console command beside files of the user's own that are called as the stages are."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

# what the script of the installed command does, without the folder that is worked in on the path
SCRIPT = "import sys; from facetrust.cli import main; sys.exit(main())"


def facetrust(words: list[str], cwd: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    script = cwd.parent / "bin" / "facetrust"
    script.parent.mkdir(exist_ok=True)
    script.write_text(SCRIPT)
    return subprocess.run(
        [sys.executable, str(script), *words],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_own_files_do_not_shadow_the_stages(tmp_path: Path, process_environment: dict[str, str]) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    for name in ("infer", "align", "train", "common", "facetrust"):
        (folder / f"{name}.py").write_text("print('welcome')\n")
    done = facetrust(["infer", "verify", "x.jpg", "y.jpg", "--threshold", "0.3"], folder, process_environment)
    assert done.returncode == 2, done.stdout
    assert "welcome" not in done.stdout
    assert "x.jpg" in done.stderr or "no checkpoint" in done.stderr


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
