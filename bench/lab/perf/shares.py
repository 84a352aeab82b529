"""What was found of a program: its functions, whose they are, and their shares."""

from dataclasses import dataclass

from bench.lab.perf.owner import HAKMEM, Owners
from bench.lab.perf.stacks import Function


@dataclass(frozen=True)
class OwnedFunction:
    """A function and whose it is."""

    function: Function
    owner: str


@dataclass(frozen=True)
class Shares:
    """Of all functions, the largest share of its own first."""

    functions: list[OwnedFunction]
    counted: str  # in words: how much there is of what
    doubts: list[str]

    @property
    def sentence(self) -> str:
        """How much there is, and how much of it is hakmem's."""
        mine = [one.function.self for one in self.functions if one.owner == HAKMEM]
        n = sum(share > 0 for share in mine)
        if not n:
            return f"{self.counted}; none in functions of hakmem."
        return (f"{self.counted}; {100 * sum(mine):.1f} % in {n} function{'s' * (n > 1)} of "
                "hakmem.")


def make(functions: list[Function], owners: Owners, counted: str, doubts: list[str]) -> Shares:
    """Of these functions, in this order."""
    return Shares([OwnedFunction(one, owners.of(one.frame)) for one in functions], counted, doubts)
