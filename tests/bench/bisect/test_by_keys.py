"""The search among keys, with allocators of known speeds."""

import math
import re

import pytest

from bench.lab.bisect import by_keys
from bench.lab.bisect.bisect_report import BisectReport
from bench.lab.bisect.journal import EFFECT, SEARCH, Journal
from bench.lab.bisect.sought import BROKEN, UNCLEAR, Broken
from tests.bench.bisect.fakes import ROW, Meter, variant

KEYS = [f"front.k{i}" for i in range(8)]
EVERYTHING = frozenset(KEYS)


class Builder:
    """Names variants by their keys, and refuses some."""

    def __init__(self, refused=lambda chosen: False):
        self.refused, self.asked = refused, []

    def build(self, chosen):
        if chosen:
            self.asked.append(chosen)
        if self.refused(chosen):
            raise Broken("does not compile")
        return variant(name(chosen))


def name(chosen) -> str:
    return "+".join(sorted(chosen)) or "A"


class Speeds(dict):
    """Variant -> speed, from what its keys do."""

    def __init__(self, of):
        super().__init__()
        self.of = of

    def get(self, key, default=None):
        return self.of(frozenset() if key == "A" else frozenset(key.split("+")))

    __getitem__ = get


def search(of, why_not=lambda chosen: None, refused=lambda chosen: False, better_by=None,
           noise=None) -> by_keys.KeySearch:
    made = by_keys.KeySearch(
        dict.fromkeys(KEYS, "1"), why_not, Builder(refused), Meter(Speeds(of), noise),
        Journal("keys", list(KEYS)), better_by)
    made.run()
    return made


def sentences(made) -> str:
    return " ".join(BisectReport(made.journal, ROW, "hakmem", "hakmem-b", {}).sentences())


@pytest.mark.parametrize("key", KEYS)
def test_one_key_makes_it(key):
    made = search(lambda chosen: 0.9 if key in chosen else 1.0)
    journal = made.journal
    assert journal.left == [key] and journal.finished
    assert journal.sought.explained(journal.explained.comparison) == pytest.approx(1, abs=0.1)
    assert len(journal.of(SEARCH)) <= 6
    text = sentences(made)
    assert f"The key that makes it: {key}." in text
    assert re.search(rf"Only {key}=1: slower by (10|9\.\d) %.* of the whole difference", text)
    assert re.search(r"Only the others, front\..*: same within", text)
    rest = journal.of(EFFECT)[-1]
    assert rest.comparison.effect.value == pytest.approx(1, abs=0.01)


def test_two_keys_make_it_only_together():
    """An interaction: each alone does nothing."""
    pair = {"front.k1", "front.k6"}
    made = search(lambda chosen: 0.8 if pair <= chosen else 1.0)
    assert set(made.journal.left) == pair
    assert any("it takes several of them together" in note for note in made.journal.notes)
    assert "It takes 2 keys together: front.k1, front.k6." in sentences(made)
    alone = [step for step in made.journal.of(EFFECT) if step.what in ("front.k1=1", "front.k6=1")]
    assert [step.comparison.effect.value for step in alone] == pytest.approx([1, 1], abs=0.01)


def test_many_small_keys_add_up():
    """Six of eight keys make 3 % each: four of them make more than half."""
    made = search(lambda chosen: 0.97 ** len(chosen & set(KEYS[:6])))
    share = made.journal.sought.explained(made.journal.explained.comparison)
    assert len(made.journal.left) == 4 and share == pytest.approx(4 / 6, abs=0.05)


def test_a_key_that_hides_another():
    """k0 alone makes A slower; with k1, which B has too, it does not."""
    def of(chosen):
        return (0.8 if "front.k0" in chosen and "front.k1" not in chosen else 1.0) * (
            0.9 if "front.k5" in chosen else 1.0)

    assert search(of).journal.left in (["front.k5"], ["front.k0"])


def test_what_is_faster_is_found_too_and_a_loss_is_no_gain():
    made = search(lambda chosen: (1.2 if "front.k7" in chosen else 1.0)
                  * (0.9 if "front.k2" in chosen else 1.0))
    assert made.journal.left == ["front.k7"]
    assert made.journal.total.verdict == "better"


def test_no_difference_ends_it():
    made = search(lambda chosen: 1.0)
    assert made.journal.finished and made.journal.steps == [] and made.journal.sought is None
    assert "No difference is sure" in sentences(made)


def test_better_by_says_what_a_difference_is():
    """A key of 4 % beside one of 2 %: half of the whole would do, 1 % does for either."""
    def of(chosen):
        return (0.96 if "front.k3" in chosen else 1.0) * (0.98 if "front.k4" in chosen else 1.0)

    assert search(of).journal.left == ["front.k3"]
    assert search(of, better_by=0.01).journal.left in (["front.k3"], ["front.k4"])
    assert search(of, better_by=0.05).journal.left == ["front.k3", "front.k4"]


def test_keys_that_contradict_each_other_are_kept_together():
    """k2 needs k5, and only k2 makes the difference."""
    def why_not(chosen):
        return "k2 needs k5" if "front.k2" in chosen and "front.k5" not in chosen else None

    made = search(lambda chosen: 0.9 if "front.k2" in chosen else 1.0, why_not)
    assert set(made.journal.left) == {"front.k2", "front.k5"}
    assert any("front.k2 with front.k5: at first kept together (k2 needs k5)" == note
               for note in made.journal.notes)
    assert all(why_not(chosen) is None for chosen in made.builder.asked)
    (alone,) = [step for step in made.journal.steps
                if step.purpose == EFFECT and step.what == "front.k2=1"]
    assert (alone.answer, alone.why) == (BROKEN, "no allocator: k2 needs k5")


def test_a_key_that_others_need_is_found_alone():
    """k5 makes the difference by itself, though k2 needs it."""
    def why_not(chosen):
        return "k2 needs k5" if "front.k2" in chosen and "front.k5" not in chosen else None

    made = search(lambda chosen: 0.9 if "front.k5" in chosen else 1.0, why_not)
    assert made.journal.left == ["front.k5"]
    assert made.journal.rest.what == ", ".join(
        f"{key}=1" for key in KEYS if key not in ("front.k2", "front.k5"))


def test_combinations_that_cannot_be_built_are_no_answer():
    """Each single key but the culprit's neighbour fails to compile with it."""
    def refused(chosen):
        return len(chosen) == 4 and "front.k3" in chosen

    made = search(lambda chosen: 0.9 if "front.k3" in chosen else 1.0, refused=refused)
    assert made.journal.left == ["front.k3"]
    assert [step.why for step in made.journal.steps
            if step.answer == BROKEN] == ["does not compile"]


def test_a_variant_that_crashes_is_no_answer():
    def of(chosen):
        if len(chosen) == 4 and "front.k6" in chosen:
            return None
        return 0.9 if "front.k6" in chosen else 1.0

    made = search(of)
    assert made.journal.left == ["front.k6"]
    assert any("crashes" in step.why for step in made.journal.steps)


def test_an_answer_that_is_not_clear_keeps_the_keys():
    """What may be the culprit is not thrown away, and the report says so."""
    noisy = [frozenset({"front.k0"}), frozenset(KEYS[:2]), frozenset(KEYS[:4])]
    made = search(lambda chosen: 0.9 if "front.k0" in chosen else 1.0,
                  noise={name(chosen): 1.0 for chosen in noisy})
    assert made.journal.of(SEARCH)[0].answer == UNCLEAR
    assert "front.k0" in made.journal.left and len(made.journal.left) > 1
    assert any("or the answer is not clear" in note for note in made.journal.notes)


def test_nothing_is_measured_twice_in_the_search():
    made = search(lambda chosen: 0.8 if {"front.k1", "front.k6"} <= chosen else 1.0)
    what = [step.what for step in made.journal.of(SEARCH)]
    assert len(what) == len(set(what))


def test_an_interruption_keeps_what_is_known():
    made = by_keys.KeySearch(
        dict.fromkeys(KEYS, "1"), lambda chosen: None, Builder(),
        Meter(Speeds(lambda chosen: 0.9 if "front.k0" in chosen else 1.0)),
        Journal("keys", list(KEYS)))

    def hear(step):
        if step.number == 2:
            raise KeyboardInterrupt

    made.journal.hear = hear
    with pytest.raises(KeyboardInterrupt):
        made.run()
    assert made.journal.left == KEYS[:4] and not made.journal.finished
    assert "Left, of 8: front.k0; front.k1; front.k2; front.k3." in sentences(made)


def test_if_b_does_not_work_that_is_said():
    with pytest.raises(Broken):
        search(lambda chosen: None if chosen == EVERYTHING else 1.0)


def test_the_threshold_is_half_of_the_difference():
    found = search(lambda chosen: 0.9 if "front.k0" in chosen else 1.0).journal.sought
    assert found.threshold == pytest.approx(math.exp(-math.log(0.9) / 2) - 1, abs=0.003)
