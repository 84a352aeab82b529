"""What the header byte costs: Model -> HeaderTax."""

from dataclasses import dataclass, replace
from typing import Iterable

from gen.limits import QUANTUM
from gen.model import Model
from gen.served import block_bytes

AVERAGED = (16, 8192)  # bytes: the requests of bench_random_mixed
TAXED = 512  # bytes; most requests of real programs are smaller
EXAMPLES = (16, 64, 256, 1024)


@dataclass(frozen=True)
class HeaderTax:
    """The same classes without and with the header byte."""

    low: int  # bytes; the averages are over all requests of low..high
    high: int
    waste_without: float  # percent of the blocks' bytes that were not asked for
    waste_with: float
    multiples: int  # number of the multiples of 16 from low to taxed_max
    taxed_max: int
    moved: int  # how many of these requests move up a class
    growth: float  # percent by which the blocks of all these requests grow
    examples: dict[int, tuple[int, int]]  # request -> block without and with


def header_tax(model: Model) -> HeaderTax:
    """Compares the blocks of all requests of low..high, each as frequent, without and with a
    header."""
    low, high = (min(bound, model.classes[-1].size - 1) for bound in AVERAGED)
    requests = range(low, high + 1)
    without = _blocks_of(model, requests, 0)
    with_byte = _blocks_of(model, requests, 1)
    multiples = [request for request in requests if request % QUANTUM == 0 and request <= TAXED]
    plain = sum(without[request] for request in multiples)
    taxed = sum(with_byte[request] for request in multiples)
    return HeaderTax(
        low=low,
        high=high,
        waste_without=100 * (1 - sum(requests) / sum(without.values())),
        waste_with=100 * (1 - sum(requests) / sum(with_byte.values())),
        multiples=len(multiples),
        taxed_max=min(TAXED, high),
        moved=sum(without[request] != with_byte[request] for request in multiples),
        growth=100 * (taxed / plain - 1) if plain else 0.0,
        examples={
            request: (without[request], with_byte[request])
            for request in EXAMPLES
            if request in without
        },
    )


def _blocks_of(model: Model, requests: Iterable[int], header_bytes: int) -> dict[int, int]:
    """Request -> bytes of the block that serves it with a header of so many bytes."""
    served = replace(model, header_bytes=header_bytes)
    return {request: block_bytes(served, request) for request in requests}
