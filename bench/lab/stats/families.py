"""Many tests together, and how few rounds can show nothing."""

from bench.lab.stats.estimate import FAMILY, LEVEL, TOO_FEW


def holm(p_values: list[float]) -> list[float]:
    """The p of each test when all are looked at together: at most FAMILY means that it holds
    beside all others (S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", 1979)."""
    adjusted, reached = [1.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        reached = max(reached, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = reached
    return adjusted


def bonferroni(p_values: list[float], parts: list[float]) -> list[float]:
    """The same where no test waits for the others.  Of the level that each has alike, FAMILY over
    their number, a test may spend the share in `parts`: 1 for all of it (C. Bonferroni, 1936)."""
    return [min(1.0, len(p_values) * p / part) for p, part in zip(p_values, parts)]


def least_p(n: int) -> float:
    """The smallest two-sided p of a test of signs or signed ranks: n values all on one side."""
    return min(1.0, 2 / 2 ** n)


def least_rounds(tests: int = 1, alpha: float = FAMILY) -> int:
    """The fewest rounds with which a family of so many tests can have a sure difference."""
    return next(n for n in range(1, 1000) if tests * least_p(n) <= alpha)


LEAST = least_rounds(1, 1 - LEVEL)  # rounds for a 95 % interval


def enough(n: int) -> bool:
    """Whether n rounds have a 95 % interval."""
    return n >= LEAST


def too_few(n: int, least: int = LEAST) -> str:
    """The words in place of a verdict on n rounds."""
    return f"{TOO_FEW} runs to tell: {n}, and it takes {least}"
