"""The dynamic programme finds what trying all choices finds."""

import itertools

import numpy as np
import pytest

from gen.fit import partition
from gen.fit.partition import Aligned, Costs, NoPartition, Solution, fewest, first_before


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


# ---- aligned blocks ------------------------------------------------------------------------------


def aligned_costs(rng, granules):
    """The same with blocks of two alignments, which all blocks of class `granules` have."""
    costs = random_costs(rng, granules)
    costs.unit[granules] = 16.0 * granules
    fits = rng.random(granules + 1) < 0.5
    fits[granules] = True
    narrower = fits | (rng.random(granules + 1) < 0.3)
    parts = []
    for one in (fits, narrower):
        some = np.where(rng.random(granules + 1) < 0.4, rng.integers(0, 40, granules + 1), 0.0)
        some[0] = 0.0
        parts.append(Aligned(some, one))
    return Costs(costs.blocks, costs.used, costs.unit, costs.fixed, tuple(parts))


def real_cost(costs, classes):
    """By the definition: each aligned block in the smallest class from its size on that fits."""
    total = cost_of(costs, classes)
    for one in costs.aligned:
        for granule, count in enumerate(one.blocks):
            if count:
                total += count * costs.unit[min(c for c in classes if c >= granule and one.fits[c])]
    return total


def trial(seed):
    """What is chosen, at its real cost, beside the least of all choices."""
    rng = np.random.default_rng(seed)
    granules, most = int(rng.integers(4, 11)), int(rng.integers(2, 6))
    costs = aligned_costs(rng, granules)
    kept = [granules]
    first = Solution(costs, most, 1.0, kept)
    classes, cost = partition.chosen(costs, most, 1.0, kept, granules, first)
    assert cost == pytest.approx(real_cost(costs, classes)) and len(classes) <= most
    assert cost <= real_cost(costs, first.classes(granules)) + 1e-6 <= first.cost(granules) + 2e-6
    least = min(
        real_cost(costs, [*choice, granules]) for count in range(most)
        for choice in itertools.combinations(range(1, granules), count)
        if np.isfinite(costs.unit[list(choice)]).all()
    )
    return cost / least


def test_aligned_blocks_cost_what_the_class_takes_that_serves_them():
    ratios = [trial(seed) for seed in range(150)]
    assert min(ratios) >= 1 - 1e-9, "all choices were tried"
    assert sum(ratio < 1 + 1e-9 for ratio in ratios) > 0.85 * len(ratios)
    assert np.mean(ratios) < 1.005 and max(ratios) < 1.05


def test_classes_that_are_kept_are_classes():
    costs = even(16, fixed=1e9)
    assert Solution(costs, 8, 1.0, [4, 8]).classes(16) == [4, 8, 16]
    assert Solution(costs, 8, 1.0, [4, 8]).classes(7) == [4, 7]
    assert fewest(16, 1.0, [4, 8]) == 3 and fewest(16, 0.25, [8]) == 10
    with pytest.raises(NoPartition):
        Solution(costs, 2, 1.0, [4, 8]).classes(16)


def test_a_class_for_aligned_blocks_where_there_are_many():
    """Of 7 granules, which no class in use serves but the largest."""
    some = np.zeros(17)
    fits = np.arange(17) % 4 == 0
    for count, expected in ((1.0, [5, 16]), (1000.0, [8, 16])):
        some[7] = count
        blocks = np.zeros(17)
        blocks[[5, 16]] = 100.0
        costs = Costs(blocks, blocks, np.arange(17) * 16.0, np.full(17, 500.0),
                      (Aligned(some.copy(), fits),))
        first = Solution(costs, 2, 1.0, [16])
        assert partition.chosen(costs, 2, 1.0, [16], 16, first)[0] == expected


# ---- single cases --------------------------------------------------------------------------------


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
