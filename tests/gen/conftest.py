"""Shared by the generator's tests: the shipped profiles, and a folder for profiles of their own."""

import shutil
import sys
from pathlib import Path
from typing import Iterator

import pytest

sys.path.insert(0, str(Path(__file__).absolute().parents[2]))

from gen.classes import build_model  # noqa: E402
from gen.model import Model  # noqa: E402
from gen.profiles import ROOT, load_profile  # noqa: E402
from gen.record.recording import AlignedBin, LargeBin, Recording, SizeBin  # noqa: E402

PROFILES = ROOT / "profiles"


class Workspace:
    """A current directory with profiles/default.yaml; `profiles/NAME.yaml` are written to it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "profiles").mkdir()
        shutil.copyfile(PROFILES / "default.yaml", root / "profiles" / "default.yaml")

    def write(self, name: str, text: str | bytes) -> Path:
        path = Path("profiles") / f"{name}.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def model(self, text: str, name: str = "mine") -> Model:
        path = self.write(name, "summary: Mine\n" + text)
        return build_model(load_profile(path, Path("profiles")))


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.chdir(tmp_path)
    return Workspace(tmp_path)


def shipped_model(name: str, debug: bool = False) -> Model:
    return build_model(load_profile(PROFILES / f"{name}.yaml", PROFILES), debug)


@pytest.fixture
def shipped():
    """Name -> model of a shipped profile."""
    return shipped_model


def size_bins(
    peak: dict[int, int],
    allocs: dict[int, int],
    runs: dict[int, tuple[tuple[int, ...], tuple[int, ...]]],
    freed: bool,
    remote: int,
) -> tuple[SizeBin, ...]:
    """Requests of exactly these bytes.  Whatever has no entry in `allocs` is allocated once for
    each block live at the peak."""
    by_granule: dict[int, dict[int, tuple[int, int]]] = {}
    for size in sorted({*peak, *allocs}):
        live = peak.get(size, 0)
        of_bin = by_granule.setdefault(max(1, -(-size // 16)), {})
        of_bin[size] = (allocs.get(size, live), live)
    bins = []
    for granule, sizes in sorted(by_granule.items()):
        calls = sum(made for made, _ in sizes.values())
        full = sizes.get(16 * granule, (0, 0))
        run_allocs, run_frees = runs.get(granule * 16, ((), ()))
        frees = calls if freed else 0
        bins.append(SizeBin(
            granule=granule, allocs=calls, bytes=sum(n * made for n, (made, _) in sizes.items()),
            full=full[0], frees=frees, remote_frees=frees * remote // 100,
            peak_blocks=sum(live for _, live in sizes.values()),
            peak_bytes=sum(n * live for n, (_, live) in sizes.items()), peak_full=full[1],
            burst_allocs=run_allocs, burst_frees=run_frees,
        ))
    return tuple(bins)


def aligned_bins(blocks: dict[tuple[int, int], int], freed: bool) -> Iterator[AlignedBin]:
    """Of blocks by alignment and requested size, no two of them in one bin."""
    for (alignment, size), n in sorted(blocks.items()):
        counts = (n, n * size, n if size % 16 == 0 else 0)
        yield AlignedBin(alignment, max(1, -(-size // 16)), *counts, n if freed else 0, *counts)


def make_recording(
    peak: dict[int, int] | None = None,
    allocs: dict[int, int] | None = None,
    runs: dict[int, tuple[tuple[int, ...], tuple[int, ...]]] | None = None,
    larger: tuple[LargeBin, ...] = (),
    freed: bool = False,
    remote: int = 0,
    aligned: dict[tuple[int, int], int] | None = None,
    **others,
) -> Recording:
    """Of a program with `peak` blocks by requested size, and `aligned` ones by alignment and size;
    `runs` are of allocations and of frees by the largest request of the bin; `remote` percent of
    the frees are by another thread."""
    peak = dict(peak or {})
    for (_, size), blocks in (aligned or {}).items():
        peak[size] = peak.get(size, 0) + blocks
    sizes = size_bins(peak, allocs or {}, runs or {}, freed, remote)
    values = {
        "program": "/usr/bin/app --serve", "pid": 1, "threads": 1, "threads_started": 1,
        "seconds": 10.0, "complete": True, "sizes": sizes, "larger": larger,
        "peak_live_bytes": sum(one.peak_bytes for one in (*sizes, *larger)),
        "peak_live_blocks": sum(one.peak_blocks for one in (*sizes, *larger)),
        "total_allocs": sum(one.allocs for one in (*sizes, *larger)),
        "total_frees": sum(one.frees for one in (*sizes, *larger)),
        "timeline": (), "alignments": {}, "reallocs_grown": 0,
        "aligned": tuple(aligned_bins(aligned or {}, freed)),
    }
    return Recording(**{**values, **others})


@pytest.fixture
def recorded():
    """Makes a recording: see make_recording."""
    return make_recording
