import numpy as np

from train.tasks.pretraining.figures import LOSS, figures_of


def test_the_loss_is_a_mean_over_masked_pixels_not_over_crops() -> None:
    sums = np.array([[30.0, 10], [10, 30], [5, 10], [15, 0]])
    figures = figures_of(sums, np.array([4, 4, 7, 9]))
    assert figures.decisive == 60 / 50 and figures.primary == LOSS
    low, high = figures.intervals[LOSS.name]
    assert low <= 60 / 50 <= high and low < high


def test_one_group_says_nothing_of_others() -> None:
    assert figures_of(np.ones((3, 2)), np.zeros(3, np.int64)).intervals == {}
