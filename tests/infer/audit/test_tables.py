"""audit.csv and relabel.csv."""

import csv
from collections.abc import Callable
from pathlib import Path

from infer.audit.crops import AuditedCrops
from infer.audit.findings import Finding, Kind
from infer.audit.tables import write_audit, write_relabel

MakeCrops = Callable[..., AuditedCrops]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_only_certain_findings_become_corrections(make_crops: MakeCrops, tmp_path: Path) -> None:
    crops = make_crops(people=2, each=4)
    crops.paths[6] = 'p001/odd, "name"\n.jpg'
    findings = [
        Finding(Kind.WRONG_LABEL, 6, "p000", 0.1, 0.8, certain=True),
        Finding(Kind.WRONG_LABEL, 1, "p001", 0.3, 0.5),
        Finding(Kind.WRONG_LABEL, 2, "p001", 0.1, 0.8, certain=True),
        Finding(Kind.COPY, 2, certain=True, drop=True, beside=(3,), note="equal pixels"),
        Finding(Kind.TWO_NAMES, 3, beside=(2,), note="equal pixels"),
    ]
    write_audit(tmp_path / "audit.csv", crops, findings)
    assert write_relabel(tmp_path / "relabel.csv", crops, findings) == 2
    audit, relabel = rows_of(tmp_path / "audit.csv"), rows_of(tmp_path / "relabel.csv")
    assert [(row["path"], row["finding"], row["suggested"], row["confidence"]) for row in audit[:2]] == [
        (crops.paths[6], "wrong-label", "p000", "certain"),
        ("p000/1.jpg", "wrong-label", "p001", "likely"),
    ]
    assert (audit[0]["own"], audit[0]["other"], audit[4]["own"]) == ("0.1000", "0.8000", "")
    assert audit[4]["note"] == "equal pixels: p000/2.jpg"
    cells = [(row["path"], row["identity"], row["synthetic"], row["drop"], row["reason"]) for row in relabel]
    assert cells == [
        ("p000/2.jpg", "", "", "1", "same-picture"),
        (crops.paths[6], "p000", "", "", "wrong-label"),
    ]


def test_a_photograph_of_several_faces_is_not_corrected_by_its_path(
    make_crops: MakeCrops, tmp_path: Path
) -> None:
    crops = make_crops(people=2, each=2)
    crops.paths[1] = crops.paths[0]
    findings = [Finding(Kind.WRONG_LABEL, 0, "p001", 0.1, 0.9, certain=True)]
    assert write_relabel(tmp_path / "relabel.csv", crops, findings) == 0
    assert rows_of(tmp_path / "relabel.csv") == []
