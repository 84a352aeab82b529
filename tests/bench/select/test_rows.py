"""Rows that are made from nothing but a program and its arguments."""

import pytest

from bench.lab.select import row, rows

ALL = dict.fromkeys(rows.QUICK + rows.QUICK_BY_NAME + rows.FULL)


@pytest.mark.parametrize("known", ALL, ids=lambda known: known.title)
def test_a_row_has_the_threads_that_its_arguments_say(known):
    made = row.of(known.program, known.args)
    assert (made.threads, made.title, made.key) == (known.threads, known.title, known.key)


def test_a_program_that_is_not_known_has_one_thread():
    assert row.of("gone", ("8", "9")).threads == 1
