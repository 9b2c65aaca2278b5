"""Planted faults of embeddings on the sphere are found, and nothing else."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from common.duplicates.near_duplicates import DuplicateGroup, DuplicateKind
from infer.audit.audit import Audit, audit_crops, counts_of
from infer.audit.crops import AuditedCrops
from infer.audit.findings import Finding, Kind
from infer.audit.pictures import Pictures

MakeCrops = Callable[..., AuditedCrops]
NoPictures = Callable[[AuditedCrops], Pictures]


def of_kind(audit: Audit, kind: Kind) -> list[Finding]:
    return [finding for finding in audit.findings if finding.kind is kind]


def test_nothing_is_found_where_nothing_is_wrong(make_crops: MakeCrops, no_pictures: NoPictures) -> None:
    crops = make_crops()
    found = audit_crops(crops, no_pictures(crops))
    assert found.findings == []
    assert set(counts_of(found.findings).values()) == {(0, 0)}
    assert found.of_photographs.stranger < found.of_photographs.clear < found.of_photographs.genuine


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("each", "share"), [(6, 0.05), (6, 0.1), (12, 0.05), (12, 0.2)])
def test_swapped_labels_are_found_with_their_person(
    seed: int,
    each: int,
    share: float,
    make_crops: MakeCrops,
    swap_labels: Callable[[AuditedCrops, float, int], set[int]],
) -> None:
    crops = make_crops(each=each, seed=seed)
    right = crops.labels.copy()
    wrong = swap_labels(crops, share, seed)
    audit = audit_crops(crops, Pictures([], np.zeros(len(right), np.bool_)))
    found = {finding.row: finding for finding in of_kind(audit, Kind.WRONG_LABEL)}
    caught = wrong & set(found)
    assert len(caught) >= 0.9 * len(wrong)
    assert len(caught) >= 0.95 * len(found)
    assert all(found[row].suggested == crops.names[right[row]] for row in caught)
    certain = {row for row in found if found[row].certain}
    assert certain <= wrong and len(certain) >= 0.7 * len(wrong)


def test_one_person_under_two_names_is_no_wrong_label(make_crops: MakeCrops, no_pictures: NoPictures) -> None:
    crops = make_crops()
    labels, names = crops.labels.copy(), [*crops.names, "p004 again"]
    again = np.flatnonzero(labels == 4)[:3]
    labels[again] = len(names) - 1
    crops = replace(crops, labels=labels, names=names)
    audit = audit_crops(crops, no_pictures(crops))
    assert {finding.row for finding in audit.findings} == set(again.tolist())
    assert {(each.kind, each.suggested, each.certain) for each in audit.findings} == {
        (Kind.ONE_PERSON, "p004", True)
    }


def test_two_people_under_one_name_are_parted(make_crops: MakeCrops, no_pictures: NoPictures) -> None:
    crops = make_crops()
    moved = np.flatnonzero(crops.labels == 9)
    crops.labels[moved] = 2
    crops.labels[moved[0]] = 9  # one photograph is left under its name
    audit = audit_crops(crops, no_pictures(crops))
    parts = of_kind(audit, Kind.TWO_PEOPLE)
    parted = {finding.row for finding in parts}
    larger = set(np.flatnonzero(crops.labels == 2).tolist()) - parted
    assert parted == set(moved[1:].tolist()) or larger == set(moved[1:].tolist())
    assert {finding.suggested for finding in parts} == {"p002 (2)"}
    assert all(finding.certain for finding in parts)


def test_two_photographs_that_differ_are_not_judged(make_crops: MakeCrops, no_pictures: NoPictures) -> None:
    crops = make_crops(each=2)
    crops.labels[[0, 2]] = crops.labels[[2, 0]]
    audit = audit_crops(crops, no_pictures(crops))
    assert audit.findings == []
    assert any("30 people have one or two photographs" in note for note in audit.notes)


def test_a_photograph_of_nobody_known_is_likely_at_most(
    make_crops: MakeCrops, no_pictures: NoPictures
) -> None:
    crops = make_crops()
    crops.vectors[5] = np.random.default_rng(3).normal(size=crops.vectors.shape[1])
    crops.vectors[5] /= np.linalg.norm(crops.vectors[5])
    found = audit_crops(crops, no_pictures(crops)).findings
    assert [(finding.kind, finding.row, finding.certain) for finding in found] == [
        (Kind.FITS_NOBODY, 5, False)
    ]


def test_a_model_that_tells_nobody_apart_is_in_doubt(make_crops: MakeCrops, no_pictures: NoPictures) -> None:
    crops = make_crops(noise=30.0)
    audit = audit_crops(crops, no_pictures(crops))
    assert "does not tell these people apart" in audit.notes[0]
    assert not any(finding.certain for finding in audit.findings)
    crops.vectors[:] = crops.vectors[0]
    collapsed = audit_crops(crops, no_pictures(crops))
    assert collapsed.findings == [] and Kind.ONE_PERSON in collapsed.not_judged


def test_synthetic_and_forged_crops_are_not_judged(make_crops: MakeCrops, no_pictures: NoPictures) -> None:
    crops = make_crops()
    crops.labels[[0, 8]] = crops.labels[[8, 0]]
    marked, forged = np.zeros((2, len(crops.labels)), np.bool_)
    marked[0], forged[8] = True, True
    crops = replace(crops, synthetic=marked, forged=forged)
    audit = audit_crops(crops, no_pictures(crops))
    assert audit.findings == []
    assert any(note.startswith("1 crops are marked synthetic") for note in audit.notes)


def test_copies_share_the_finding_and_do_not_vouch_for_each_other(make_crops: MakeCrops) -> None:
    """Rows 0 to 2 of p000 are one picture of p001."""
    crops = make_crops(each=6)
    crops.vectors[[0, 1, 2]] = crops.vectors[7]
    copies = np.zeros(len(crops.labels), np.bool_)
    copies[[1, 2]] = True
    group = DuplicateGroup((0, 1, 2), DuplicateKind.EXACT, (0, 0, 0))
    audit = audit_crops(crops, Pictures([group], copies))
    wrong = of_kind(audit, Kind.WRONG_LABEL)
    assert {finding.row for finding in wrong} == {0, 1, 2}
    assert {finding.suggested for finding in wrong} == {"p001"} and all(each.certain for each in wrong)
    assert {finding.row for finding in of_kind(audit, Kind.COPY)} == {1, 2}
    known = audit_crops(
        crops, Pictures([DuplicateGroup((0, 1, 2, 7), DuplicateKind.EXACT, (0, 0, 0, 0))], copies)
    )
    assert all(finding.drop for finding in of_kind(known, Kind.WRONG_LABEL))


@pytest.mark.parametrize("people", [1, 2, 3])
def test_few_people_are_no_error(people: int, make_crops: MakeCrops, no_pictures: NoPictures) -> None:
    crops = make_crops(people=people)
    assert audit_crops(crops, no_pictures(crops)).findings == []
