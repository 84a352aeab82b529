"""What is drawn in each round, and which runs come together."""

import random
from pathlib import Path

import pytest

from bench import ab
from bench.lab.run import draw, earlier, schedule
from bench.lab.run.draw import Draw, Draws
from bench.lab.run.folder import Folder
from bench.lab.run.runs import Run
from bench.lab.select import anycommand
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant, preloading

ROW = Row("bench_tiny_hot", ("32", "100", "1"), 1, "load")
THREADS = Row("larson", ("1",), 2, "load")
PROGRAMS = {"bench_tiny_hot": tuple(Path(f"/p/{i}") for i in range(4))}


def variant(name: str, links: int = 4, **more) -> Variant:
    return Variant(name, "profile", "shared", {"bench_tiny_hot": Path("/b"), "larson": Path("/l")},
                   layouts=tuple(Path(f"/v/{name}/{i}.so") for i in range(links)),
                   library=Path(f"/{name}.so"), programs=PROGRAMS, **more)


def test_each_link_comes_before_one_comes_again():
    draws = Draws(random.Random(1))
    for _ in range(3):
        assert sorted(draws.draw(ROW, [variant("a")]).link for _ in range(4)) == [0, 1, 2, 3]


def test_everything_is_drawn():
    found = [Draws(random.Random(i)).draw(ROW, [variant("a")]) for i in range(50)]
    assert {one.link for one in found} == {0, 1, 2, 3}
    assert len({one.seed for one in found}) == 50
    paddings = {one.padding for one in found}
    assert len(paddings) > 40 and all(p % 16 == 0 and 0 <= p < 4096 for p in paddings)


def test_variants_run_the_same_link_of_program_and_library():
    a, long_name = variant("a"), variant("a-much-longer-name")
    for link in range(4):
        assert a.command(ROW, link)[0] == long_name.command(ROW, link)[0] == f"/p/{link}"
        assert a.environment(ROW, link) == {"LD_PRELOAD": f"/v/a/{link}.so"}


def test_a_peer_has_links_of_the_program_only():
    peer = Variant("mi", "peer", "shared", {}, library=Path("libmimalloc.so"), programs=PROGRAMS)
    system = Variant("system", "system", "shared", {}, programs=PROGRAMS)
    assert (peer.links(ROW), system.links(ROW)) == (4, 4)
    assert peer.environment(ROW, 3) == {"LD_PRELOAD": "libmimalloc.so"}
    assert system.environment(ROW, 3) == {} and system.command(ROW, 3)[0] == "/p/3"


def test_what_has_one_link_runs_as_it_was_built():
    static = Variant("a+static", "profile", "static", {"bench_tiny_hot": Path("/b")})
    assert static.links(ROW) == 1
    assert static.command(ROW, 3)[0] == "/b" and static.environment(ROW, 3) == {}


def test_a_command_gets_the_links_of_the_library():
    row = anycommand.parse("true")
    one = preloading(variant("a"))
    assert one.links(row) == 4
    assert one.environment(row, 2) == {"BENCH_PRELOAD": "/v/a/2.so"}
    assert draw.varied([row], [one]) == {
        "links": 4, "fixed_programs": ["true"], "fixed_allocators": []}


def test_the_environment_is_as_long_for_all():
    """Whatever the names of the libraries: otherwise names would move the stack."""
    variants = [variant("a"), variant("a-much-longer-name"), variant("b", ballast_kib=128),
                Variant("system", "system", "shared", {}, programs=PROGRAMS)]
    one = Draw(link=2, padding=160, seed=7)
    found = [draw.environment(one, each, ROW, variants) for each in variants]
    # each variable is a string and a pointer to it
    sizes = {sum(len(k) + len(v) + 2 + 8 for k, v in each.items()) for each in found}
    assert len(sizes) == 1
    assert {each["BENCH_LAYOUT"] for each in found} == {"7"}
    longer = draw.environment(Draw(2, 176, 7), variants[0], ROW, variants)
    assert len(longer["BENCH_PADDING"]) - len(found[0]["BENCH_PADDING"]) == 16


# ---- duet --------------------------------------------------------------------------------------


def groups(rows: list[Row], count: int = 2) -> list[list[tuple[str, str]]]:
    variants = [variant(name) for name in "abc"[:count]]
    return [[(row.program, one.name) for row, one in group]
            for group in schedule.duet(rows, variants, random.Random(3))]


def test_a_duet_of_rows_with_one_thread():
    found = groups([ROW, THREADS, anycommand.parse("true")])
    assert sorted(map(len, found)) == [1, 1, 1, 1, 2]
    (pair,) = [group for group in found if len(group) == 2]
    assert sorted(pair) == [("bench_tiny_hot", "a"), ("bench_tiny_hot", "b")]


def test_three_are_no_duet():
    assert {len(group) for group in groups([ROW], 3)} == {1}


def test_the_sides_are_drawn():
    first = {schedule.duet([ROW], [variant("a"), variant("b")], random.Random(i))[0][0][1].name
             for i in range(20)}
    assert first == {"a", "b"}


def test_both_run_at_once_each_on_a_processor(bench, monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})
    bench.variant("hakmem", 'echo "cpus $(taskset -cp $$)"; result 1000000')
    bench.variant("system", 'echo "cpus $(taskset -cp $$)"; result 1000000', kind="system")
    outcome = bench.ab("hakmem", "system", "--bench", "tiny_hot", "--reps", "1", "--no-verdict",
                       "--duet")
    assert outcome.status == 0, outcome.err
    where = {path.read_text().split("list: ")[1].split()[0]
             for path in (outcome.folder / "raw").glob("bench_tiny_hot*.out")}
    assert where == {"0", "1"}


def test_a_duet_takes_two_processors(bench, monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0})
    bench.variant("hakmem", "result 1")
    outcome = bench.command(ab, "hakmem", "hakmem", "--duet")
    assert (outcome.status, outcome.err) == (
        2, "ab: --duet: takes two processors, and there is one; leave it out\n")


@pytest.mark.parametrize("layout", [-1, 0, 3])
def test_the_layout_is_kept_and_read_back(tmp_path, layout):
    folder = Folder(tmp_path / "results")
    folder.add(schedule.Job(ROW, variant("a"), 1),
               Run("ok", ops_per_s=5, peak_rss_kib=1, layout=layout))
    folder.write_json("run.json", {})
    (run,) = earlier.load(folder.path).runs(ROW.program, ROW.params, "a").values()
    assert run.layout == layout
