"""The fast path is a contract: its instructions are counted and compared; see contract.py."""

from pathlib import Path

import pytest

from tests.contract import contract
from tests.contract.contract import Counts

LIBRARIES = contract.fast_libraries()
TRACER = Path("tests/contract/trace")


@pytest.fixture(scope="module")
def measured() -> dict[str, dict[str, Counts]]:
    return {profile: contract.measure(TRACER, path) for profile, path in LIBRARIES.items()}


@pytest.mark.parametrize("profile", LIBRARIES)
def test_a_pair_is_short_and_goes_straight(profile, measured):
    pair = measured[profile]
    instructions = pair["malloc"].instructions + pair["free"].instructions
    assert 20 < instructions <= contract.MOST_INSTRUCTIONS
    assert all(counts.calls == 0 and counts.locked == 0 for counts in pair.values())


def test_counts_are_the_reviewed_ones(measured):
    golden = contract.parse(contract.GOLDEN.read_text(encoding="utf-8"))
    shipped = {profile: golden[profile] for profile in measured if profile in golden}
    assert shipped.keys() == golden.keys(), "a profile of the golden file is not built"
    changes = [
        contract.difference(profile, call, want, measured[profile][call])
        for profile, calls in shipped.items() for call, want in calls.items()
    ]
    changes = [change for change in changes if change]
    assert not changes, "\n".join(
        ["the fast path changed:", *changes, "if that is meant: bazel run //tests/contract:update"]
    )


@pytest.mark.parametrize("instruction, want", [
    ("mov 0xda69(%rip),%rax", Counts(1, loads=1)),
    ("mov %fs:(%rax),%rax", Counts(1, loads=1)),
    ("lea 0xf(%rdi),%rdx", Counts(1)),
    ("addl $0x1,0x8(%rax)", Counts(1, loads=1, stores=1)),
    ("mov %rdx,(%rax)", Counts(1, stores=1)),
    ("mov %rdi,(%rcx,%rsi,8)", Counts(1, stores=1)),
    ("movzbl (%rcx,%rdx,1),%edx", Counts(1, loads=1)),
    ("cmp 0xc(%rax),%edx", Counts(1, loads=1)),
    ("cmpl $0x0,0xc(%rax)", Counts(1, loads=1)),
    ("andb $0x7f,-0x1(%rdi)", Counts(1, loads=1, stores=1)),
    ("jae 25f8 <free+0x78>", Counts(1, branches=1)),
    ("jmp 25f8 <free+0x78>", Counts(1)),
    ("call 2056 <x>", Counts(1, calls=1)),
    ("lock cmpxchg %edx,(%rdi)", Counts(1, loads=1, stores=1, locked=1)),
    ("ret", Counts(1)),
])
def test_instructions_are_told_apart(instruction, want):
    counts = Counts()
    contract.count(instruction, counts)
    assert counts == want


def test_a_golden_file_survives_writing_and_reading():
    table = {"default": {"malloc": Counts(18, 7, 2, 3), "free": Counts(21, 9, 3, 3)}}
    assert contract.parse(contract.render(table)) == table


def test_a_change_is_named():
    text = contract.difference("default", "free", Counts(21, 9), Counts(22, 10))
    assert text == "default: free: instructions 21 -> 22, loads 9 -> 10"
