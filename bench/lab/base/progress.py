"""What long work says while it goes on, where no number of runs is known."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

EVERY = 10.0  # seconds between two lines where there is no terminal


@contextmanager
def telling(console: Console, what: str) -> Iterator[Callable[[str], None]]:
    """To be called with how far `what` is: on a terminal that stands in one line, elsewhere it is a
    line now and then."""
    if console.is_terminal:
        with console.status(what) as status:
            yield lambda text: status.update(f"{what}: {text}")
        return
    last = time.monotonic()

    def tell(text: str) -> None:
        nonlocal last
        if time.monotonic() - last >= EVERY:
            last = time.monotonic()
            console.print(f"{what}: {text}", soft_wrap=True)

    yield tell
