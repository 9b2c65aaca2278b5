import json
import math

from common.metrics import Interval
from common.metrics.figures import Figures, Ranking
from common.models.standing import Standing

AUC = Ranking("auc", "AUC", mark="auc", better="higher")
LOSS = Ranking("loss", "reconstruction loss", mark="loss", better="lower")


def test_the_better_figure_costs_less() -> None:
    assert AUC.cost(0.9) < AUC.cost(0.8) and AUC.best == "highest"
    assert LOSS.cost(0.1) < LOSS.cost(0.2) and LOSS.best == "lowest"


def test_a_record_is_json_with_none_for_what_is_undefined() -> None:
    figures = Figures(AUC, {"auc": 0.9, "f1": math.nan}, {"auc": Interval(0.8, math.inf)})
    assert figures.decisive == 0.9
    assert figures.record() == {"auc": 0.9, "f1": None, "intervals": {"auc": [0.8, None]}}
    tables = Figures(
        LOSS, {"loss": 1.0}, details={"loss": 1.0, "by_size": {"small": {"rate": math.nan, "n": 3}}}
    )
    assert tables.record() == {"loss": 1.0, "by_size": {"small": {"rate": None, "n": 3}}}
    json.dumps(tables.record(), allow_nan=False)


def test_a_standing_survives_its_json() -> None:
    standing = Standing(
        task="t", network="n", run="r", epoch=1, step=2, validation="v", rankings=(AUC, LOSS),
        figures={"auc": 0.9, "loss": math.nan}, interval=Interval(0.8, 0.95),
    )  # fmt: skip
    read = Standing.model_validate_json(standing.model_dump_json())
    assert read.rankings == (AUC, LOSS) and read.interval == Interval(0.8, 0.95)
    assert read.figure(AUC) == 0.9 and read.figure(LOSS) is None and read.group == ("t", "v")
