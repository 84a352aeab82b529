"""What is predicted from a recording is what the program then measures, within 10 %."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).absolute().parents[2]
sys.path.insert(0, str(ROOT))

from gen.classes import build_model  # noqa: E402
from gen.explain.aligned import aligned_costs, most_of  # noqa: E402
from gen.fit import compare, fitting  # noqa: E402
from gen.layout import cache_bytes  # noqa: E402
from gen.predict.predict import predict  # noqa: E402
from gen.profiles import load_profile  # noqa: E402
from gen.record import reader  # noqa: E402
from tests.libraries import libraries  # noqa: E402

PROFILES = ROOT / "profiles"
RECORDER = Path("gen/libhakmem-record.so").absolute()
LIBRARIES = libraries()
NEAR = 10  # percent
# Programs that live and die in different ways, with caches of arrays, of lists, and a header.
PROGRAMS = {
    "python3": ["/usr/bin/python3", "-c", """
import json
rows = [{"number": i, "text": str(i) * (i % 7), "list": list(range(i % 11))} for i in range(20000)]
json.loads(json.dumps(rows))
"""],
    "perl": ["/usr/bin/perl", "-e", """
for my $i (1 .. 30000) { $kept{"key$i"} = [$i, "v" x ($i % 50)] }
for my $i (1 .. 15000) { delete $kept{"key$i"} }
"""],
    # Two of three of its bytes are in blocks with an alignment, of which one in four is freed.
    "aligned": ["/usr/bin/python3", "-c", """
import ctypes
libc = ctypes.CDLL(None)
libc.aligned_alloc.restype = ctypes.c_void_p
kept = []
for i in range(6000):
    kept.append(libc.aligned_alloc((64, 128, 512, 4096)[i % 4], 1 + i * 37 % 5000))
for block in kept[::4]:
    libc.free(ctypes.c_void_p(block))
"""],
}
COMPARED = ["default", "tiny-heavy", "header-classidx-on", "low-rss"]


def profile_of(profile):
    return load_profile(PROFILES / f"{profile}.yaml", PROFILES)


def model_of(profile):
    return build_model(profile_of(profile))


def run(command, **env):
    subprocess.run(
        command, check=True, timeout=120, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "PYTHONMALLOC": "malloc", "PYTHONHASHSEED": "0",
             "PERL_HASH_SEED": "0", **env},
    )


@pytest.fixture(scope="module", params=sorted(PROGRAMS))
def recorded(request, tmp_path_factory):
    """A program's command and its recording."""
    file = tmp_path_factory.mktemp(request.param) / "app.rec"
    run(PROGRAMS[request.param], LD_PRELOAD=str(RECORDER), HAKMEM_RECORD=str(file))
    return PROGRAMS[request.param], reader.load(file)


def measured(command, profile, folder):
    file = folder / "stats.json"
    run(command, LD_PRELOAD=str(LIBRARIES[profile]), HAKMEM_STATS="exit",
        HAKMEM_STATS_FILE=str(file))
    return compare.read_measured(file, [model_of(profile)])


@pytest.mark.parametrize("profile", COMPARED)
def test_prediction_and_measurement_agree(profile, recorded, tmp_path):
    command, one = recorded
    told, real = predict(model_of(profile), one), measured(command, profile, tmp_path)
    assert told.calls.percent == pytest.approx(real.rounding, rel=NEAR / 100)
    assert told.thread_cache == real.thread_cache
    assert told.thread == pytest.approx(real.thread, rel=NEAR / 100)


def test_what_is_fitted_to_a_program_serves_aligned_blocks(recorded):
    """Whether the program asked for them or not; and if it did, about as well as the default, which
    has half as many classes more."""
    _, one = recorded
    base = profile_of("default")
    model = fitting.model_of(base, fitting.fit([one], base, 48).choices)
    assert all(cost.ratio <= most_of(model) for cost in aligned_costs(model))
    told, default = predict(model, one), predict(build_model(base), one)
    assert told.aligned.given <= 1.05 * default.aligned.given
    assert told.aligned_calls.given <= 1.05 * default.aligned_calls.given


@pytest.mark.parametrize("profile", sorted(LIBRARIES))
def test_a_cache_is_as_large_as_told(profile, tmp_path):
    real = measured(["/usr/bin/perl", "-e", "1"], profile, tmp_path)
    assert real.thread_cache == cache_bytes(model_of(profile))
