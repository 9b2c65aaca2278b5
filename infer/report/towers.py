"""Which tower of a fused encoder verdicts are of, by category."""

from dataclasses import dataclass

from common.formats.pair_category import PairCategory
from infer.output.results import Results
from infer.two_towers import Spoke


@dataclass(frozen=True)
class TowerRow:
    """The pairs of a category that were compared, by the tower that rejects them; see `Spoke`."""

    category: PairCategory
    other_person: int
    synthetic: int
    both: int
    accepted: int
    called: int  # of those accepted: the classifier calls a photograph synthetic


def tower_rows(results: Results) -> list[TowerRow]:
    """A row for each category with pairs; none for other encoders, and where no threshold is known."""
    if results.towers is None or results.threshold is None:
        return []
    spoke, called, measured = results.rejected_by, results.accepted_called, results.measured
    rows = []
    for category in PairCategory:
        of_category = measured & (results.categories == category.code)
        if of_category.any():
            counts = [int((spoke[of_category] == name).sum()) for name in (*Spoke, "")]
            counts.append(int(called[of_category].sum()))
            rows.append(TowerRow(category, *counts))
    return rows
