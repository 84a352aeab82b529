"""redis-server under redis-benchmark, and its answers to a client."""

import contextlib
import socket
import subprocess
import time

import pytest

from tests.programs.common import environment, need, output

COMMANDS = "\n".join([
    *(f"SET key:{i} {'v' * (i * 37 % 3000)}{i}" for i in range(2000)),
    *(f"APPEND key:{i % 50} {'a' * (i % 97)}" for i in range(1500)),
    *(f"RPUSH list:{i % 20} {i * 7919 % 10007}" for i in range(4000)),
    *(f"HSET hash:{i % 30} field{i % 400} {i * 31}" for i in range(4000)),
    *(f"ZADD zset {i * 7919 % 10007} member{i}" for i in range(3000)),
    *(f"SADD set:{i % 3} {i % 500}" for i in range(2000)),
    *(f"DEL key:{i}" for i in range(0, 2000, 3)),
    *(f"GET key:{i}" for i in range(0, 2000, 7)),
    "SORT list:3 LIMIT 0 40", "LRANGE list:5 0 60", "ZRANGE zset 100 160 WITHSCORES", "HLEN hash:7",
    "HGET hash:7 field37", "SINTERSTORE both set:0 set:1", "SORT both LIMIT 0 30", "STRLEN key:1",
    "BITCOUNT key:4", "DBSIZE", "EVAL \"local s = 0 for i = 1, 100000 do s = s + i end return s\" 0",
]) + "\n"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def server(library, folder):
    """A server on a port of its own; yields the port."""
    port = free_port()
    command = [need("redis-server", "redis-server"), "--port", str(port), "--bind", "127.0.0.1",
               "--save", "", "--appendonly", "no", "--dir", str(folder), "--io-threads", "2",
               "--activedefrag", "no"]
    with open(folder / "log", "w+") as log:
        process = subprocess.Popen(command, env=environment(library), stdout=log, stderr=log)
        try:
            until = time.monotonic() + 60
            while True:
                with contextlib.suppress(OSError), \
                        socket.create_connection(("127.0.0.1", port), 1):
                    break
                log.seek(0)
                assert process.poll() is None and time.monotonic() < until, log.read()
                time.sleep(0.05)
            yield port
            output([need("redis-cli", "redis-tools"), "-p", str(port), "shutdown", "nosave"], None,
                   folder)
            assert process.wait(60) == 0
            log.seek(0)
            assert "hakmem(" not in log.read()
        finally:
            process.kill()


def answers(library, folder):
    with server(library, folder) as port:
        output([need("redis-benchmark", "redis-tools"), "-p", str(port), "-q", "-n", "20000", "-P",
                "16", "-r", "5000", "-d", "300", "-t",
                "set,get,incr,lpush,rpop,sadd,hset,zadd,lrange_100,mset"], None, folder)
        client = [need("redis-cli", "redis-tools"), "-p", str(port)]
        output([*client, "flushall"], None, folder)
        said = output(client, None, folder, COMMANDS)
        output([*client, "save"], None, folder)
        return said


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    return answers(None, tmp_path_factory.mktemp("expected"))


def test_answers(library, expected, tmp_path):
    assert expected.count("\n") > 17000 and "5000050000" in expected
    assert answers(library, tmp_path) == expected
