"""PostgreSQL: initdb, pgbench, and accounts that add up."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.programs.common import environment, need, output

QUERY = """
SELECT (SELECT sum(abalance) FROM pgbench_accounts) = (SELECT sum(delta) FROM pgbench_history)
   AND (SELECT sum(bbalance) FROM pgbench_branches) = (SELECT sum(delta) FROM pgbench_history)
   AND (SELECT sum(tbalance) FROM pgbench_tellers) = (SELECT sum(delta) FROM pgbench_history);
SELECT count(*) FROM pgbench_history;
SELECT md5(string_agg(aid || ' ' || bid, ',' ORDER BY aid)) FROM pgbench_accounts;
SELECT count(DISTINCT substr(md5(i::text), 1, 4)), sum(length(repeat('x', i % 1000)))
FROM generate_series(1, 200000) i;
"""
CLIENTS, TRANSACTIONS = 4, 500


def tools() -> Path:
    """The folder of initdb and postgres, which are not on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    assert found, "initdb is not installed: apt-get install postgresql-15"
    return found[-1].parent


def as_user() -> list[str]:
    """PostgreSQL does not run as root."""
    return [need("runuser", "util-linux"), "-u", "nobody", "--"] if os.getuid() == 0 else []


@contextlib.contextmanager
def folder_for_all():
    """Outside of the test's own folder, whose parents the other user may not enter; its socket's
    path is short enough."""
    path = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    try:
        path.chmod(0o777)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def answers(library):
    with folder_for_all() as folder:
        if library:
            library = shutil.copy(library, folder)
            os.chmod(library, 0o755)
        data = folder / "data"
        run = [*as_user(), "env", *(f"{k}={v}" for k, v in environment(library).items())]
        bin_folder = tools()
        output([*run, str(bin_folder / "initdb"), "-D", str(data), "-A", "trust", "-U", "test",
                "--no-sync"], None, folder)
        server = subprocess.Popen(
            [*run, str(bin_folder / "postgres"), "-D", str(data), "-k", str(folder), "-c",
             "listen_addresses=", "-c", "fsync=off"],
            stdout=subprocess.DEVNULL, stderr=open(folder / "log", "w"), cwd=folder)
        try:
            at = ["-h", str(folder), "-U", "test", "postgres"]
            output([*run, "sh", "-c", f"for i in $(seq 600); do {bin_folder}/pg_isready -q -h "
                    f"{folder} && exit; sleep 0.1; done; cat {folder}/log >&2; exit 1"], None,
                   folder)
            pgbench = need("pgbench", "postgresql-15") if shutil.which("pgbench") \
                else str(bin_folder / "pgbench")
            output([*run, pgbench, "-i", "-q", "-s", "2", *at], None, folder)
            output([*run, pgbench, "-c", str(CLIENTS), "-j", "2", "-t", str(TRANSACTIONS), "-n",
                    *at], None, folder)
            return output([*run, need("psql", "postgresql-client-15"), "-X", "-A", "-t", *at], None,
                          folder, QUERY)
        finally:
            subprocess.run([*run, str(bin_folder / "pg_ctl"), "-D", str(data), "-m", "immediate",
                            "stop"], capture_output=True, check=False, timeout=60)
            server.wait(60)
            assert "hakmem(" not in (folder / "log").read_text()


@pytest.fixture(scope="module")
def expected():
    return answers(None)


def test_accounts_add_up(library, expected):
    assert expected.splitlines()[:2] == ["t", str(CLIENTS * TRANSACTIONS)]
    assert answers(library) == expected
