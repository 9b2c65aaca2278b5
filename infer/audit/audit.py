"""The audit of a data set, as `infer audit` does it: from crops to findings."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from common.models.training_facts import SyntheticTraining
from infer.audit.crops import AuditedCrops
from infer.audit.findings import Finding, Kind
from infer.audit.labels import FEWEST, Judgement, judge, label_findings
from infer.audit.limits import Limits
from infer.audit.parts import two_people_in_one
from infer.audit.people import (
    FEWEST_PEOPLE,
    SamePerson,
    one_person_findings,
    one_person_in_two,
    person_limits,
)
from infer.audit.pictures import Pictures, picture_findings
from infer.audit.synthetic import synthetic_findings


@dataclass(frozen=True)
class Audit:
    """What was found in N crops.

    Attributes:
        findings: by kind, the certain ones first, then the most telling.
        notes: what a person should know: what was not judged, and why.
        not_judged: kinds that were not looked for, so that none of them means nothing.
        of_photographs, of_people: the limits that the data gave.
        typical: (N,) similarity of each crop to its own person, NaN where not judged.
    """

    findings: list[Finding]
    notes: list[str]
    not_judged: frozenset[Kind]
    of_photographs: Limits
    of_people: Limits
    typical: NDArray[np.float64]


def audit_crops(
    crops: AuditedCrops,
    pictures: Pictures,
    trained: SyntheticTraining | None = None,
    held_out: Collection[str] | None = None,
) -> Audit:
    """The findings on labels, folders and pictures of a data set, which are compared with each other.

    Labels are judged of bona fide photographs: whom a forgery shows is a matter of its making.

    Args:
        crops: all of them, embedded.
        pictures: which of them are one picture.
        trained: what the model says it was trained against; None: nothing.
        held_out: the people on one side of a split; None: there is no split.
    """
    people, vectors, labels = len(crops.names), crops.vectors, crops.labels
    judged = ~crops.synthetic & ~crops.forged & ~pictures.is_copy
    before = judge(vectors, labels, judged, people)
    of_people = person_limits(vectors, labels, before.kept, people)
    pairs = []
    if before.limits.are_apart:  # otherwise all people match, and there are no limits to their pairs
        pairs = one_person_in_two(vectors, labels, judged, people, of_people, before.limits)
    united = _united(labels, pairs, people)
    judgement = judge(vectors, united, judged, people)
    found = label_findings(judgement, united, judged, crops.names)
    wrong = np.zeros(len(labels), np.bool_)
    wrong[[finding.row for finding in found if finding.kind is Kind.WRONG_LABEL]] = True
    parts = two_people_in_one(vectors, labels, judged & ~wrong, crops.names, of_people)
    in_parts = {finding.row for finding in parts}
    found = [each for each in found if each.kind is Kind.WRONG_LABEL or each.row not in in_parts]
    found += parts + one_person_findings(pairs, labels, judged, crops.names)
    if judgement.doubt:
        found = [replace(finding, certain=False) for finding in found]
    found = _with_copies(found, crops, pictures)
    hints = synthetic_findings(vectors, labels, crops.synthetic, judged, judgement, trained)
    found += picture_findings(crops, pictures, held_out) + hints.findings
    notes = [*_notes(crops, judgement, judged, people), hints.note]
    typical = np.where(judgement.kept, judgement.near.own, np.nan)
    left_out = {
        Kind.OVER_SPLIT: held_out is None,
        Kind.ONE_PERSON: people < FEWEST_PEOPLE or not before.limits.are_apart,
        Kind.SYNTHETIC: not hints.judged,
    }
    not_judged = frozenset(kind for kind, left in left_out.items() if left)
    return Audit(sorted(found, key=_order), notes, not_judged, judgement.limits, of_people, typical)


def _united(labels: NDArray[np.int64], pairs: list[SamePerson], people: int) -> NDArray[np.int64]:
    """Labels with one of each two identities that match in the place of the other."""
    of = np.arange(people)
    for pair in pairs:
        of[of == of[pair.smaller]] = of[pair.larger]
    return of[labels]


def _with_copies(findings: list[Finding], crops: AuditedCrops, pictures: Pictures) -> list[Finding]:
    """The findings, and the same of further copies of these photographs under the same person.

    Where the suggested person has the very picture already, it is to be dropped, not renamed.
    """
    groups = {row: group for group in pictures.groups for row in group.rows}
    found = []
    for finding in findings:
        group = groups.get(finding.row)
        if group is None:
            found.append(finding)
            continue
        names = {row: crops.name(row) for row in group.rows}
        pixels = dict(zip(group.rows, group.first_equal, strict=True))
        is_known = any(
            names[row] == finding.suggested and pixels[row] == pixels[finding.row] for row in group.rows
        )
        own = [row for row, name in names.items() if name == names[finding.row] and pictures.is_copy[row]]
        found += [replace(finding, row=row, drop=is_known) for row in (finding.row, *own)]
    return found


def _order(finding: Finding) -> tuple[int, bool, float, int]:
    known = not np.isnan(finding.other) and not np.isnan(finding.own)
    gap = finding.own - finding.other if known else 0.0
    return list(Kind).index(finding.kind), not finding.certain, gap, finding.row


def _notes(crops: AuditedCrops, judgement: Judgement, judged: NDArray[np.bool_], people: int) -> list[str]:
    counts = np.bincount(crops.labels[judged], minlength=people)
    few = int(((counts > 0) & (counts < FEWEST)).sum())
    notes = [judgement.doubt] if judgement.doubt else []
    if people < FEWEST_PEOPLE:
        notes.append(
            f"{people} people are too few to know how near strangers are: whether two are one is not judged"
        )
    if few:
        notes.append(
            f"{few:,} people have one or two photographs, too few to tell which label is wrong: only what "
            "clearly matches somebody with more is found"
        )
    if crops.forged.any():
        notes.append(f"{int(crops.forged.sum()):,} crops that 'align forge' made are not judged")
    marked = int((crops.synthetic & ~crops.forged).sum())
    if marked:
        notes.append(f"{marked:,} crops are marked synthetic: whom they show is not judged")
    return notes


def counts_of(findings: list[Finding]) -> dict[Kind, tuple[int, int]]:
    """Photographs of each kind of finding, and how many of them are certain; all kinds, in order."""
    every = Counter(finding.kind for finding in findings)
    certain = Counter(finding.kind for finding in findings if finding.certain)
    return {kind: (every[kind], certain[kind]) for kind in Kind}
