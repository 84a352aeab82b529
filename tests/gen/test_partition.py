"""The dynamic programme finds what trying all choices finds."""

import itertools

import numpy as np
import pytest

from gen.partition import Costs, NoPartition, Solution, fewest, first_before


def random_costs(rng, granules):
    blocks = rng.integers(0, 50, granules + 1).astype(float)
    used = np.where(rng.random(granules + 1) < 0.6, blocks, 0.0)
    unit = np.arange(granules + 1) * 16.0 + rng.integers(0, 9, granules + 1)
    unit[1:][rng.random(granules) < 0.1] = np.inf
    fixed = rng.integers(0, 2000, granules + 1).astype(float)
    blocks[0] = used[0] = 0.0
    return Costs(blocks, used, unit, fixed)


def cost_of(costs, classes):
    """By the definition."""
    total, before = 0.0, 0
    for last in classes:
        served = slice(before + 1, last + 1)
        if not np.isfinite(costs.unit[last]):
            return np.inf
        total += costs.unit[last] * costs.blocks[served].sum()
        total += costs.fixed[last] if costs.used[served].sum() > 0 else 0.0
        before = last
    return total


def keeps(classes, most_step):
    pairs = zip([0, *classes], classes)
    return all(j - i == 1 or (j - i) / j <= most_step + 1e-9 for i, j in pairs)


def least_by_trial(costs, most, most_step, last):
    found = [
        cost_of(costs, [*choice, last])
        for count in range(most)
        for choice in itertools.combinations(range(1, last), count)
        if keeps([*choice, last], most_step)
    ]
    return min(found, default=np.inf)


@pytest.mark.parametrize("most_step", [1.0, 0.5, 0.25])
@pytest.mark.parametrize("seed", range(40))
def test_no_choice_costs_less(seed, most_step):
    rng = np.random.default_rng(seed)
    granules, most = int(rng.integers(1, 11)), int(rng.integers(1, 6))
    costs = random_costs(rng, granules)
    solution = Solution(costs, most, most_step)
    for last in range(1, granules + 1):
        least = least_by_trial(costs, most, most_step, last)
        if not np.isfinite(least):
            with pytest.raises(NoPartition):
                solution.classes(last)
            continue
        classes = solution.classes(last)
        assert solution.cost(last) == pytest.approx(least)
        assert cost_of(costs, classes) == pytest.approx(least)
        assert len(classes) <= most and classes[-1] == last and keeps(classes, most_step)
        assert classes == sorted(set(classes))


def even(granules, fixed=0.0):
    blocks = np.ones(granules + 1)
    blocks[0] = 0.0
    units = np.arange(granules + 1) * 16.0
    return Costs(blocks, blocks.copy(), units, np.full(granules + 1, fixed))


def test_a_class_for_each_granule_where_classes_are_free():
    assert Solution(even(6), 9).classes(6) == [1, 2, 3, 4, 5, 6]


def test_one_class_where_classes_are_dear():
    assert Solution(even(6, fixed=1e9), 6).classes(6) == [6]


def test_ties_go_to_fewer_classes():
    costs = even(4)
    costs.blocks[:] = 0.0
    assert Solution(costs, 4).classes(4) == [4]


def test_classes_that_were_never_seen_cost_nothing_in_themselves():
    costs = even(4, fixed=1000.0)
    costs.used[:] = 0.0
    assert Solution(costs, 4).classes(4) == [1, 2, 3, 4]


def test_the_bound_allows_the_next_granule_in_any_case():
    assert [first_before(last, 0.25) for last in (1, 2, 3, 4, 8, 100)] == [0, 1, 2, 3, 6, 75]
    assert fewest(4, 0.25) == 4
    assert fewest(8, 0.25) == 7
    assert fewest(2048, 1.0) == 1
    with pytest.raises(NoPartition):
        Solution(even(8), 6, 0.25).classes(8)


def test_all_granules_of_64_kib():
    """As many as a profile has, and the bound that a profile is fitted with."""
    classes = Solution(even(4096, fixed=4096.0), 48, 0.25).classes(4096)
    assert len(classes) <= 48 and keeps(classes, 0.25)
