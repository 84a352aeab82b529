"""Real programs as loads, each with three inputs of one kind.  An input is the same every time.

The fit study (docs/fit.md) fits profiles to two inputs and holds the third out; the header study
(docs/header-classidx.md) looks at the blocks of the first.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

Prepare = Callable[[Path, int], str]  # folder, input -> a shell command to run there


@dataclass(frozen=True)
class RealProgram:
    """One program."""

    name: str
    about: str  # for people
    needs: tuple[str, ...]  # executables
    process: str  # what the command line of the process in question contains
    prepare: Prepare
    env: dict[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> list[str]:
        """Those of `needs` that are not installed."""
        return [name for name in self.needs if not shutil.which(name)]


def _words(count: int, step: int) -> str:
    return "".join(f"word {i * step % 100003} and {'x' * (i * step % 60)}\n" for i in range(count))


def _python(folder: Path, which: int) -> str:
    packages = (("asyncio", "json"), ("email", "unittest"), ("xml", "http", "logging"))[which]
    (folder / "trees.py").write_text(f"""\
import ast, json, pathlib
library = pathlib.Path(ast.__file__).parent
files = [path for name in {packages!r} for path in sorted((library / name).rglob("*.py"))]
trees = [ast.parse(path.read_text(encoding="utf-8")) for path in files]
names = json.loads(json.dumps([[type(node).__name__, getattr(node, "lineno", 0)]
                               for tree in trees for node in ast.walk(tree)]))
""", encoding="utf-8")
    return "/usr/bin/python3 -S trees.py"


def _perl(folder: Path, which: int) -> str:
    count, longest = ((60_000, 50), (40_000, 90), (50_000, 70))[which]
    (folder / "lists.pl").write_text(f"""\
my %lines;
for my $i (1 .. {count}) {{
    my $word = "word " . $i * 7919 % 20011;
    push @{{$lines{{substr $word, 0, 8}}}}, $word . "x" x ($i % {longest});
}}
my @sorted = sort {{ @{{$lines{{$a}}}} <=> @{{$lines{{$b}}}} }} keys %lines;
""", encoding="utf-8")
    return "perl lists.pl"


def _sqlite(folder: Path, which: int) -> str:
    table, columns = (("words", "word text, length real"), ("people", "name text, town text"),
                      ("parts", "part text, number text"))[which]
    step = (7919, 104_729, 15_485)[which]
    values = ",\n".join(f"({i}, 'entry {i * step % 20011}', '{'y' * (i * step % 40)}')"
                        for i in range(20_000))
    (folder / "work.sql").write_text(
        f"create table {table} (id integer primary key, {columns});\n"
        f"insert into {table} values {values};\n"
        f"create index by_name on {table} ({columns.split()[0]});\n"
        f"select count(*), {columns.split()[0]} from {table} group by 2 order by 1, 2;\n",
        encoding="utf-8")
    return "sqlite3 :memory: <work.sql"


def _git(folder: Path, which: int) -> str:
    files, step = ((300, 7919), (120, 104_729), (200, 15_485))[which]
    for commit in range(3):
        text = folder / f"commit{commit}"
        text.mkdir()
        for i in range(files):
            (text / f"file{i}.txt").write_text(_words(20 + i % 30, step + commit))
    who = "git -C repo -c user.name=name -c user.email=name@example.org"
    (folder / "make.sh").write_text(
        "set -e\ngit init -q repo\nfor i in 0 1 2; do\n cp commit$i/* repo/\n git -C repo add -A\n"
        f" {who} commit -q -m files\ndone\n", encoding="utf-8")
    return "test -d repo || sh make.sh; git -C repo log --stat -p"


def _cpp(compiler: str) -> Prepare:
    def prepare(folder: Path, which: int) -> str:
        (folder / "lines.cc").write_text((_MAP, _REGEX, _RANDOM)[which], encoding="utf-8")
        return f"{compiler} -std=c++17 -O2 -c -o lines.o lines.cc"

    return prepare


_MAP = """\
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

_REGEX = """\
#include <functional>
#include <iostream>
#include <memory>
#include <regex>
#include <unordered_map>
std::unordered_map<std::string, std::function<int(int)>> rules(std::istream &in)
{
    std::unordered_map<std::string, std::function<int(int)>> found;
    std::regex rule("([a-z]+) *= *([0-9]+)");
    std::smatch match;
    for (std::string line; std::getline(in, line);)
        if (std::regex_match(line, match, rule))
            found[match[1]] = [n = std::make_shared<int>(std::stoi(match[2]))](int x) { return x + *n; };
    return found;
}
"""

_RANDOM = """\
#include <deque>
#include <fstream>
#include <numeric>
#include <random>
#include <set>
#include <sstream>
#include <variant>
using item = std::variant<int, double, std::string>;
std::set<std::string> shown(unsigned seed, std::deque<item> items)
{
    std::mt19937 random(seed);
    std::set<std::string> found;
    for (const auto &one : items) {
        std::ostringstream out;
        std::visit([&](const auto &value) { out << value << random(); }, one);
        found.insert(out.str());
    }
    return found;
}
"""


def _jq(folder: Path, which: int) -> str:
    count, depth = ((20_000, 2), (8_000, 5), (12_000, 3))[which]
    item = '{"id": %d, "name": "name %d", "tags": ["a%d", "b"], "in": ' * depth + "null" + "}" * depth
    items = ",\n".join(item % tuple(n for _ in range(depth) for n in (i, i * 7919 % 1009, i % 97))
                       for i in range(count))
    (folder / "items.json").write_text(f"[{items}]", encoding="utf-8")
    return "jq 'group_by(.name) | map({name: .[0].name, n: length}) | sort_by(.n)' items.json"


def _node(folder: Path, which: int) -> str:
    count, width = ((40_000, 12), (25_000, 30), (30_000, 20))[which]
    (folder / "work.js").write_text(f"""\
const items = [];
for (let i = 0; i < {count}; i++)
  items.push({{id: i, name: "name " + (i * 7919 % 1009), tags: Array({width}).fill(i % 97)}});
const text = JSON.stringify(items);
const groups = new Map();
for (const item of JSON.parse(text)) {{
  if (!groups.has(item.name)) groups.set(item.name, []);
  groups.get(item.name).push(Buffer.from(item.name + item.tags.join()));
}}
console.log([...groups.values()].map(list => Buffer.concat(list).length).sort().length);
""", encoding="utf-8")
    return "node --single-threaded work.js"


def _redis(folder: Path, which: int) -> str:
    benchmark = ("-t set,get,lpush,hset,zadd -n 30000 -r 10000 -d 60",
                 "-t set,sadd,rpush,mset -n 20000 -r 20000 -d 190",
                 "-t set,incr,zadd,lpush -n 25000 -r 15000 -d 110")[which]
    (folder / "serve.sh").write_text(f"""\
redis-server --port 0 --unixsocket "$PWD/socket" --save '' --appendonly no >/dev/null &
server=$!
for i in $(seq 100); do [ -S socket ] && break; sleep 0.05; done
LD_PRELOAD= redis-benchmark -s socket -q {benchmark} >/dev/null
status=$?
LD_PRELOAD= redis-cli -s socket shutdown nosave
wait $server && exit $status
""", encoding="utf-8")
    return "rm -f socket; sh serve.sh"


def _cc1(folder: Path, which: int) -> str:
    functions, length = ((400, 1), (150, 3), (250, 2))[which]
    (folder / "sums.c").write_text("".join(
        _C_FUNCTION.format(n=n, terms=" + ".join(f"list->key * {n + i}" for i in range(length)))
        for n in range(functions)), encoding="utf-8")
    return "gcc -O2 -c -o sums.o sums.c"


_C_FUNCTION = """\
struct pair{n} {{ int key; struct pair{n} *next; char name[{n} + 1]; }};
int sum{n}(const struct pair{n} *list, int least)
{{
    int sum = {n};
    for (; list; list = list->next)
        sum += list->key > least ? {terms} : list->name[{n} / 2];
    return sum;
}}
"""


def _bash(_folder: Path, which: int) -> str:
    count, step = ((8_000, 1), (5_000, 7919), (6_000, 104_729))[which]
    return (f"bash --norc -c 'declare -A a; for ((i = 0; i < {count}; i++)); do "
            f"a[key$((i * {step} % 100003))]=\"value $i\"; done'")


def _sort(folder: Path, which: int) -> str:
    count, step = ((30_000, 7919), (20_000, 104_729), (40_000, 15_485))[which]
    (folder / "words").write_text(_words(count, step), encoding="utf-8")
    return "sort -S 4M -o sorted words"


def _gawk(_folder: Path, which: int) -> str:
    count, length = ((60_000, 20), (30_000, 70), (45_000, 40))[which]
    return (f"""gawk 'BEGIN {{ for (i = 0; i < {count}; i++) a["key" i * 7919 % 50021] = """
            f"""substr("value of some length that is cut off at a place that varies, or is not", """
            f"""1, i % {length}); n = asorti(a, b); print n }}'""")


PROGRAMS = (
    RealProgram("python3", "syntax trees of standard modules, and JSON; every object from malloc",
                ("/usr/bin/python3",), "python3", _python, {"PYTHONMALLOC": "malloc"}),
    RealProgram("perl", "a hash of lists of strings, sorted", ("perl",), "perl", _perl),
    RealProgram("sqlite3", "a table in memory, an index, a sorted query", ("sqlite3",), "sqlite3", _sqlite),
    RealProgram("git", "log --stat -p of a generated repository", ("git",), "log", _git),
    RealProgram("cc1plus", "g++ on a file that uses containers", ("g++",), "cc1plus", _cpp("g++")),
    RealProgram("clang++", "the same file", ("clang++",), "clang", _cpp("clang++")),
    RealProgram("jq", "groups of a list of objects", ("jq",), "jq", _jq),
    RealProgram("node", "JSON, maps and buffers", ("node",), "node", _node),
    RealProgram("redis", "redis-server under redis-benchmark", ("redis-server", "redis-benchmark"),
                "redis-server", _redis),
    RealProgram("gawk", "an associative array, sorted", ("gawk",), "gawk", _gawk),
    RealProgram("cc1", "gcc on a file of small functions", ("gcc",), "cc1", _cc1),
    RealProgram("bash", "an associative array", ("bash",), "bash", _bash),
    RealProgram("sort", "lines of a file", ("sort",), "sort", _sort),
)


def named(*names: str) -> tuple[RealProgram, ...]:
    """Those with these names, in that order."""
    by_name = {one.name: one for one in PROGRAMS}
    return tuple(by_name[name] for name in names)
