"""What `import facetrust` gives, and what it costs."""

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import facetrust as ft

HEAVY = ("torch", "numpy", "cv2", "PIL", "h5py", "align", "train", "infer", "common")


def python(code: str, cwd: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_the_import_loads_nothing_heavy(tmp_path: Path, process_environment: dict[str, str]) -> None:
    code = (
        "import json, sys, facetrust; names = dir(facetrust), facetrust.__version__; print(json.dumps("
        "sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = python(code, tmp_path, process_environment)
    loaded = json.loads(done.stdout)
    assert "facetrust" in loaded and not set(HEAVY) & set(loaded)


def test_every_name_is_there_and_no_other() -> None:
    for name in ft.__all__:
        assert getattr(ft, name) is not None and name in dir(ft)
    assert ft.losses is importlib.import_module("train.losses")
    with pytest.raises(AttributeError, match="module 'facetrust' has no attribute 'verfy'"):
        _ = ft.verfy  # type: ignore[attr-defined]


def test_editors_see_the_names_that_are_imported(repository: Path) -> None:
    """What stands under TYPE_CHECKING is what is imported at run time, from the same modules."""
    text = (repository / "facetrust" / "__init__.py").read_text(encoding="utf-8")
    imports = re.findall(r"^    from ([\w.]+) import ([\w, ]+)$", text, re.MULTILINE)
    named = {name: module for module, names in imports for name in names.split(", ")}
    shown = {name: module for name, module in named.items() if name in ft.__all__}
    assert {*shown, "__version__"} == set(ft.__all__)
    for name, module in shown.items():
        source = importlib.import_module(f"{module}.{name}" if name == "losses" else module)
        assert getattr(ft, name) is (source if name == "losses" else getattr(source, name))


@pytest.mark.slow
def test_a_file_of_the_users_called_as_a_package_is_named_and_not_run(
    tmp_path: Path, process_environment: dict[str, str]
) -> None:
    (tmp_path / "infer.py").write_text("print('ran')\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import facetrust as ft; "
    used = python(code + "ft.verify", tmp_path, process_environment)
    assert used.returncode != 0 and "ran" not in used.stdout
    assert f"its own package 'infer', but finds {tmp_path / 'infer.py'}" in used.stderr
    assert python(code + "ft.losses", tmp_path, process_environment).returncode == 0, "it takes no part"
