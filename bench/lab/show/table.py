"""A table as it is shown: on the terminal, in Markdown, on a page."""

import dataclasses
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Line:
    """One line of a table; a line shorter than the heads ends with a sentence."""

    words: Sequence[str]
    look: str = ""  # what is to be seen at once: one of terminal.STYLES, a class of the page
    share: float | None = None  # of the longest bar, drawn in the second column of a page


@dataclass(frozen=True)
class Table:
    """Columns are named by their index."""

    heads: Sequence[str]
    lines: list[Line]
    title: str = ""
    before: str = ""  # sentences around it
    after: str = ""
    failures: list[str] = field(default_factory=list)  # runs without numbers
    left: Collection[int] = (0,)  # columns that are left-aligned on the terminal: words
    folds: Collection[int] = ()  # columns whose words may go on in the next line of a terminal
    dispensable: Sequence[str] = ()  # heads that a narrow terminal does without, the first first

    def without(self, head: str) -> "Table":
        """The table less one column."""
        place = list(self.heads).index(head)

        def shorter(words: Sequence[str]) -> list[str]:
            return [*words[:place], *words[place + 1:]]

        def moved(columns: Collection[int]) -> list[int]:
            return [column - (column > place) for column in columns if column != place]

        return dataclasses.replace(
            self, heads=shorter(self.heads), left=moved(self.left), folds=moved(self.folds),
            lines=[dataclasses.replace(line, words=shorter(line.words)) for line in self.lines])


def plain(heads: Sequence[str], lines: Sequence[Sequence[str]], **more) -> Table:
    """A table whose lines look alike."""
    return Table(heads, [Line(words) for words in lines], **more)
