"""git: a generated repository is cloned, checked, packed and read."""

import hashlib

import pytest

from tests.programs.common import need, output

COMMITS = 400
FILES = 60


def history() -> str:
    """Input of git fast-import."""
    parts = []
    for commit in range(1, COMMITS + 1):
        parts.append(f"commit refs/heads/main\nmark :{commit}\n"
                     f"committer A U Thor <author@example.com> {1700000000 + commit * 60} +0000\n"
                     f"data <<END\nchange {commit}\nEND\n")
        for file in range(commit % 7 + 1):
            number = (commit * 31 + file * 17) % FILES
            lines = "\n".join(f"line {i} of {number}: {hashlib.sha1(f'{i * commit}'.encode()).hexdigest()}"
                              if i % 9 == commit % 9 else f"line {i}"
                              for i in range(commit % 90 + 10))
            parts.append(f"M 100644 inline d{number % 5}/f{number}.txt\ndata <<END\n{lines}\nEND\n")
        parts.append("\n")
    return "".join(parts)


def session(library, folder):
    """What git says in the course of a day's work."""
    git = [need("git", "git"), "-c", "init.defaultBranch=main"]
    folder.joinpath("history").write_text(history())
    output([*git, "init", "-q", "--bare", "origin.git"], library, folder)
    output([*git, "-C", "origin.git", "fast-import", "--quiet"], library, folder, history())
    output([*git, "clone", "-q", "origin.git", "work"], library, folder)
    said = [output([*git, "-C", "work", *words.split()], library, folder) for words in (
        "fsck --full --strict", "log --stat", "log -p -n 40", "repack -adq --depth=50 --window=50",
        "fsck --full", "blame d1/f1.txt", "grep -c line", "count-objects", "shortlog -sn HEAD",
        "diff HEAD~100",
    )]
    return "\n".join(said)


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    return session(None, tmp_path_factory.mktemp("expected"))


def test_session(library, expected, tmp_path):
    assert len(expected) > 100_000
    assert session(library, tmp_path) == expected
