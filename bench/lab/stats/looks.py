"""Looking at growing data again and again, without finding more by chance than one look would.

Each look has a level of its own, and all levels together are at most `alpha`: the union bound, so
tests and intervals hold whatever the data make one do next.  How much is spent by when is fixed
beforehand: alpha t^2 after a share t of the time (K. Lan, D. DeMets, "Discrete Sequential Boundaries
for Clinical Trials", 1983; the power family of K. Kim, D. DeMets, 1987).  What is not rejected at
the level of a look is its repeated interval (C. Jennison, B. Turnbull, 1989).
"""

SHARES = (0.1, 0.2, 0.3, 0.4, 0.55, 0.7, 0.85, 1.0)  # of the time, at which there is a look


class Looks:
    """The looks of one measurement; the time of each is known by the share of all time."""

    def __init__(self):
        self._spent = 0.0  # share of alpha, before the look that is due
        self._next = 0

    def due(self, share: float) -> bool:
        """Whether it is time for a look."""
        return self._next < len(SHARES) and share >= SHARES[self._next]

    def has_more(self, share: float) -> bool:
        """Whether there is anything to spend at this share of the time."""
        return min(share, 1.0) ** 2 > self._spent

    def take(self, share: float) -> float:
        """Takes the look that is due; returns its share of alpha.  One that comes late stands for
        those before it, too; the last has all that is left."""
        at = min(share, 1.0)
        while self._next < len(SHARES) and at >= SHARES[self._next]:
            self._next += 1
        part = at * at - self._spent
        self._spent = at * at
        return part
