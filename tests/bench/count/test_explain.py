"""What differences in counts are worth, and the sentences about it, on made-up numbers."""

import pytest

from bench.lab.count import explain, spent
from bench.lab.count.counted import Counted
from bench.lab.count.counter import Amounts, Counts
from bench.lab.count.explain import Side
from bench.lab.count.found import RowFound
from bench.lab.count.kernel_costs import KernelCosts
from bench.lab.count.spent import Spent
from bench.lab.judge import compare
from bench.lab.judge.measures import SPEED
from bench.lab.run.runs import Run, Runs
from bench.lab.run.schedule import Job
from bench.lab.select import rows
from bench.lab.select.anycommand import AnyCommand
from bench.lab.select.variant import Variant

A, B = (Variant(name, "profile", "shared", {}) for name in "AB")
COSTS = KernelCosts(page=800, page_alone=1600, calls={"call_mmap": 400, "call_munmap": 1000})


def exactly(value):
    return Counted((value, value), True)


def side(ns=100.0, user=60.0, system=40.0, faults=0.0, **kinds):
    """One variant; system calls are counted unless `system_calls` is None."""
    kinds = {"instructions": 300.0, "system_calls": 0.0, **kinds}
    counted = {name: exactly(value) for name, value in kinds.items() if value is not None}
    return Side(Spent(1e6, ns, user, system, exactly(faults)),
                {**counted, "page_faults": exactly(faults)})


def parts(a, b, costs=COSTS, threads=1):
    found = explain.parts(a, b, costs, threads)
    assert sum(part.ns for part in found) == pytest.approx(b.spent.ns - a.spent.ns)
    return {part.kind: part.ns for part in found}


# ---- parts -------------------------------------------------------------------------------------


def test_instructions_at_their_own_time():
    found = parts(side(ns=100, user=60), side(ns=130, user=90, instructions=450))
    assert found["instructions"] == pytest.approx(150 * 0.2)
    assert found["ns_an_instruction"] == pytest.approx(0)


def test_longer_instructions():
    found = parts(side(user=60), side(ns=130, user=90))
    assert found["instructions"] == 0 and found["ns_an_instruction"] == pytest.approx(30)


def test_the_order_of_a_and_b_does_not_matter():
    a = side(user=60, faults=0.01, call_mmap=0.02)
    b = side(ns=180, user=70, system=95, instructions=100, faults=0.05, call_mmap=0.01)
    there, back = parts(a, b), parts(b, a)
    assert back == pytest.approx({kind: -ns for kind, ns in there.items()})


def test_a_call_at_the_price_of_its_kind():
    a, b = side(system=40), side(ns=110, system=50, system_calls=0.02, call_munmap=0.01,
                                 call_mmap=0.005, call_clone=0.005)
    found = parts(a, b)
    assert found["call_munmap"] == pytest.approx(10) and found["call_mmap"] == pytest.approx(2)
    assert "call_clone" not in found and found["rest_of_system_ns"] == pytest.approx(-2)


@pytest.mark.parametrize("system, price", [
    (0.1 * 1000, 1000),  # the row's own
    (0.1 * 500, 800),    # no less than measured for a page among others
    (0.1 * 9000, 1600),  # no more than for one alone
])
def test_a_fault_at_the_price_of_the_row(system, price):
    """Where A has none, it is B's."""
    found = parts(side(system=0, ns=60), side(ns=60 + system, system=system, faults=0.1))
    assert found["page_faults"] == pytest.approx(0.1 * price)
    assert found["rest_of_system_ns"] == pytest.approx(system - 0.1 * price)


def test_without_faults_there_is_no_price_to_find():
    assert parts(side(), side(ns=110, system=50))["rest_of_system_ns"] == pytest.approx(10)


def test_threads_share_the_price():
    """Two threads are in the kernel at the same time."""
    found = parts(side(system=0, ns=60), side(ns=110, system=50, faults=0.1), threads=2)
    assert found["page_faults"] == pytest.approx(0.1 * 500)
    found = parts(side(), side(call_mmap=0.1, system_calls=0.1), threads=2)
    assert found["call_mmap"] == pytest.approx(0.1 * 200)


def test_waiting():
    assert parts(side(ns=100), side(ns=170))["waiting_ns"] == pytest.approx(70)


def test_what_was_not_counted():
    """A time that no count explains is a part as a whole."""
    found = parts(side(user=60, instructions=None), side(ns=130, user=90))
    assert found["user_ns"] == 30 and "instructions" not in found
    found = parts(side(system_calls=None), side(call_mmap=0.1, system_calls=0.1))
    assert "call_mmap" not in found
    found = parts(side(), side(ns=110, system=50, faults=0.1), costs=None)
    assert found["system_ns"] == 10 and "page_faults" not in found


# ---- times -------------------------------------------------------------------------------------


def a_run(speed=1e7, **numbers):
    return Run("ok", **{"ops": 1e6, "seconds": 1e6 / speed, "ops_per_s": speed, "minor_faults": 50,
                        "user_s": 0.06, "sys_s": 0.03, **numbers})


def test_times_of_an_operation():
    row = rows.tiny_hot(32, 1000)
    one = spent.of({1: a_run(), 2: a_run(user_s=0.07), 3: a_run(user_s=0.5, minor_faults=60)}, row)
    assert (one.ops, one.ns) == (1e6, pytest.approx(100))
    assert (one.user, one.system) == (pytest.approx(70), pytest.approx(30))
    assert one.waiting == pytest.approx(0)
    assert one.faults.value == 5e-5 and not one.faults.exact


def test_threads_work_at_the_same_time():
    one = spent.of({1: a_run(user_s=0.1)}, rows.mid_large(2, 1000))
    assert (one.user, one.system) == (pytest.approx(50), pytest.approx(15))
    assert one.waiting == pytest.approx(35) and one.faults.exact


# ---- sentences ---------------------------------------------------------------------------------


def found(a, b, row=rows.tiny_hot(32, 1000), spread=0.001):
    """A row whose timed runs say what the sides say."""
    runs = Runs([row], [A, B])
    for rep in range(1, 10):
        for variant, its, step in ((A, a, 1), (B, b, 2)):
            speed = 1e9 / its.spent.ns * (1 + spread * (step * rep % 3))
            runs.add(Job(row, variant, rep), a_run(speed), "")
    (comparison,) = compare.compare(runs, A, [B], [SPEED])[SPEED][0]
    return RowFound(row, a, b, explain.parts(a, b, COSTS, row.threads), comparison,
                    Amounts(row, row), (Counts(), Counts()))


def words(a, b, **more):
    return found(a, b, **more).sentence("A", "B")


def test_page_faults_explain_it():
    text = words(side(ns=100, system=40, faults=0.04), side(ns=200, system=140, faults=0.12))
    assert text.startswith("B slower by 50 %") and text.endswith(
        "Explained by: page faults (+80 in 1000 operations, about 87 % of the difference); the "
        "rest of the time in the kernel (about 13 % of the difference).")


def test_calls_are_named():
    text = words(side(), side(ns=150, system=90, system_calls=0.05, call_munmap=0.05))
    assert text.endswith(
        "Explained by: calls of munmap (+50 in 1000 operations, about 100 % of the difference).")


def test_what_is_against_it_comes_last():
    text = words(side(ns=100, user=60, system=40),
                 side(ns=130, user=120, system=10, instructions=600))
    assert text.endswith(
        "Explained by: instructions (+300 an operation, about 200 % of the difference); the rest of "
        "the time in the kernel (100 % against it).")


def test_instructions_of_another_kind():
    """More of them, which take less time each: only both together say something."""
    text = words(side(ns=100, user=60), side(ns=130, user=90, instructions=900))
    assert text.endswith("Explained by: time in the program (about 100 % of the difference: +600 "
                         "instructions, each of which takes less time).")


def test_why_instructions_take_longer():
    text = words(side(user=60, l1_misses=1.0, l2_misses=0.5, atomics=2.0),
                 side(ns=130, user=90, l1_misses=3.0, l2_misses=0.505, atomics=1.0))
    assert text.endswith("Explained by: time of an instruction (about 100 % of the difference; "
                         "with +2 L1 misses).")


def test_faster():
    text = words(side(ns=200, user=160, instructions=800), side(ns=100, user=60))
    assert text.startswith("B faster by 100 %")
    assert text.endswith("instructions (-500 an operation, about 100 % of the difference).")


def test_time_without_a_processor_is_nobodys():
    """A program with one thread waits for no other; several may."""
    a, b = side(ns=100, user=60), side(ns=250, user=90, instructions=450)
    text = words(a, b)
    assert text.startswith("B slower by 60 %") and text.endswith(
        "In processor time the difference is +30 ns.  Explained by: instructions (+150 an "
        "operation, about 100 % of the difference).  The rest is time without a processor, which "
        "says nothing about A and B.")
    text = words(a, side(ns=250, user=61))
    assert text.endswith("In processor time there is hardly a difference.  The rest is time "
                         "without a processor, which says nothing about A and B.")
    text = words(a, b, row=rows.mid_large(2, 1000))
    assert "Explained by: waiting for a processor or a thread (about 80 % of the difference); " \
        "instructions (+150 an operation, about 20 % of the difference)." in text


def test_no_difference_is_not_explained():
    text = words(side(instructions=100), side(ns=101, user=61, instructions=900), spread=0.1)
    assert " rounds would tell" in text and "Explained" not in text


def test_a_command():
    row = AnyCommand("command", ("git", "log"), 1, "")
    a, b = (Side(Spent(1, 1e6 * ms, 1e6 * ms, 0, exactly(7)),
                 {"instructions": exactly(1e6 * n), "page_faults": exactly(7)})
            for ms, n in ((10, 50), (20, 100)))
    one = found(side(), side(ns=200, user=160), row=rows.tiny_hot(32, 1000))
    text = RowFound(row, a, b, explain.parts(a, b, COSTS, 1), one.comparison, one.amounts,
                    one.counts).sentence("A", "B")
    assert text.endswith("instructions (+50,000,000 a run, about 100 % of the difference).")
