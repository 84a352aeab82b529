"""The programs whose block sizes are recorded: found on most machines, each with a short load that
is the same every time."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

Command = list[str]


@dataclass(frozen=True)
class Program:
    """One load."""

    name: str  # of the executable, as PATH finds it; or its path
    load: str  # for people
    prepare: Callable[[Path], list[Command]]  # writes its files to the folder; commands to run
    env: dict[str, str] = field(default_factory=dict)  # further variables
    title: str = ""  # what tables call it, if not its name

    @property
    def shown(self) -> str:
        """Its name in tables."""
        return self.title or self.name


_TREES = """\
import ast, json, pathlib
library = pathlib.Path(ast.__file__).parent
files = [path for name in ("asyncio", "json") for path in sorted((library / name).glob("*.py"))]
trees = [ast.parse(path.read_text(encoding="utf-8")) for path in files]
names = json.loads(json.dumps([[type(node).__name__, getattr(node, "lineno", 0)]
                               for tree in trees for node in ast.walk(tree)]))
"""

_ROWS = """\
import sqlite3
base = sqlite3.connect(":memory:")
base.execute("create table words (id integer primary key, word text, length real)")
base.executemany("insert into words (word, length) values (?, ?)",
                 ((f"word {i * 7919 % 20011}", i / 7) for i in range(20000)))
base.execute("create index by_word on words (word)")
base.execute("select word, count(*) from words group by length order by word").fetchall()
"""

_HASH = """\
my %lines;
for my $i (1 .. 20000) {
    my $word = "word " . $i * 7919 % 20011;
    push @{$lines{substr $word, 0, 8}}, $word . "x" x ($i % 50);
}
"""

_C_FUNCTION = """\
struct pair{n} {{ int key; struct pair{n} *next; char name[{n} + 1]; }};
int sum{n}(const struct pair{n} *list, int least)
{{
    int sum = {n};
    for (; list; list = list->next)
        sum += list->key > least ? list->key * {n} : list->name[{n} / 2];
    return sum;
}}
"""

_CPP = """\
#include <algorithm>
#include <map>
#include <string>
#include <vector>
std::map<std::string, std::vector<int>> lines(const std::vector<std::string> &words)
{
    std::map<std::string, std::vector<int>> found;
    for (unsigned i = 0; i < words.size(); i++)
        found[words[i]].push_back(int(i));
    for (auto &entry : found)
        std::sort(entry.second.begin(), entry.second.end());
    return found;
}
"""


def _words(count: int) -> str:
    return "".join(f"word {i * 7919 % 100003} and {'x' * (i % 60)}\n" for i in range(count))


def _c(folder: Path) -> list[Command]:
    (folder / "sums.c").write_text("".join(_C_FUNCTION.format(n=n) for n in range(400)))
    return [["gcc", "-O2", "-c", "-o", "sums.o", "sums.c"]]


def _cpp(compiler: str) -> Callable[[Path], list[Command]]:
    def prepare(folder: Path) -> list[Command]:
        (folder / "lines.cc").write_text(_CPP)
        return [[compiler, "-O2", "-c", "-o", "lines.o", "lines.cc"]]

    return prepare


def _git(folder: Path) -> list[Command]:
    for i in range(300):
        (folder / f"file{i}.txt").write_text(f"file {i}\n{_words(20 + i % 30)}")
    who = ["-c", "user.name=name", "-c", "user.email=name@example.org"]
    return [
        ["git", "init", "-q"],
        ["git", "add", "-A"],
        ["git", *who, "commit", "-q", "-m", "files"],
        ["git", "log", "--stat", "-p"],
        ["git", "status"],
    ]


def _sort(folder: Path) -> list[Command]:
    (folder / "words").write_text(_words(30_000))
    return [["sort", "-S", "4M", "-o", "sorted", "words"]]


def _fixed(*command: str) -> Callable[[Path], list[Command]]:
    return lambda _: [list(command)]


PROGRAMS = (
    Program(sys.executable, "syntax trees of standard modules, and JSON; every object from malloc",
            _fixed(sys.executable, "-S", "-c", _TREES), {"PYTHONMALLOC": "malloc"}, "python3"),
    Program(sys.executable, "a table in memory, an index on it, a sorted query",
            _fixed(sys.executable, "-S", "-c", _ROWS), title="sqlite3"),
    Program("gcc", "a C file of small functions", _c),
    Program("g++", "a C++ file that uses containers", _cpp("g++")),
    Program("clang++", "the same file", _cpp("clang++")),
    Program("git", "a commit of small files, its log", _git),
    Program("perl", "a hash of lists of strings", _fixed("perl", "-e", _HASH)),
    Program("bash", "an associative array",
            _fixed("bash", "--norc", "-c",
                   "declare -A a; for ((i = 0; i < 8000; i++)); do a[key$i]=\"value $i\"; done")),
    Program("awk", "an associative array",
            _fixed("awk", 'BEGIN { for (i = 0; i < 30000; i++) a["key" i] = "value " i }')),
    Program("sort", "lines of a file", _sort),
)
