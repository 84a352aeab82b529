"""What a tool found: the functions of a program, whose they are, and their shares."""

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
    """All functions, those with the largest share of their own first."""

    functions: list[OwnedFunction]
    counted: str  # in words, such as "5000 samples of cycles"
    doubts: list[str]

    @property
    def sentence(self) -> str:
        """A sentence: how much was counted, and how much of it belongs to hakmem."""
        mine = [one.function.self for one in self.functions if one.owner == HAKMEM]
        n = sum(share > 0 for share in mine)
        if not n:
            return f"{self.counted}; none in functions of hakmem."
        return (f"{self.counted}; {100 * sum(mine):.1f} % in {n} function{'s' * (n > 1)} of "
                "hakmem.")


def make(functions: list[Function], owners: Owners, counted: str, doubts: list[str]) -> Shares:
    """The shares of these functions, in this order."""
    return Shares([OwnedFunction(one, owners.of(one.frame)) for one in functions], counted, doubts)
