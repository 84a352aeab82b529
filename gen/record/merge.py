"""Several processes of one program as one load."""

from collections import Counter

from gen.record.recording import AlignedBin, LargeBin, Moment, Recording, SizeBin

MOST_MOMENTS = 256


def merge(recordings: list[Recording]) -> Recording:
    """Several processes of one program as one load: totals added, peaks added.  At least one."""
    if len(recordings) == 1:
        return recordings[0]
    start = min(one.start for one in recordings)
    return Recording(
        program="; ".join(dict.fromkeys(one.program for one in recordings)),
        pid=recordings[0].pid,
        seconds=max(one.start + one.seconds for one in recordings) - start,
        complete=all(one.complete for one in recordings),
        sizes=_merge_bins([one.sizes for one in recordings], "granule"),
        larger=_merge_bins([one.larger for one in recordings], "least"),
        aligned=_merge_bins([one.aligned for one in recordings], "alignment", "granule"),
        timeline=_merge_timelines(recordings, start),
        alignments=dict(sorted(sum((Counter(one.alignments) for one in recordings), Counter()).items())),
        start=start,
        **{name: sum(getattr(one, name) for one in recordings) for name in (
            "threads", "threads_started", "peak_live_bytes", "peak_live_blocks", "total_allocs",
            "total_frees", "reallocs_grown", "inherited_bytes")},
    )


def _merge_bins(of_each: list[tuple], *keys: str) -> tuple:
    """Bins of the same keys become one: numbers and histograms are added."""
    together: dict[tuple[int, ...], list] = {}
    for bins in of_each:
        for one in bins:
            together.setdefault(tuple(getattr(one, key) for key in keys), []).append(one)
    return tuple(_add_bins(same) for _, same in sorted(together.items()))


def _add_bins(same: list) -> SizeBin | LargeBin | AlignedBin:
    total = {}
    for name, first in vars(same[0]).items():
        values = [getattr(one, name) for one in same]
        if name in ("alignment", "granule", "least", "most"):
            total[name] = first
        else:
            total[name] = tuple(map(sum, zip(*values))) if isinstance(first, tuple) else sum(values)
    return type(same[0])(**total)


def _merge_timelines(recordings: list[Recording], start: float) -> tuple[Moment, ...]:
    """At most MOST_MOMENTS times; at each the last moment of every process that then ran."""
    times = sorted({one.start + moment.seconds for one in recordings for moment in one.timeline})
    times = times[::-(-len(times) // MOST_MOMENTS) or 1]
    merged = []
    for time in times:
        now = [_moment_at(one, time) for one in recordings]
        running = [moment for moment in now if moment]
        merged.append(Moment(time - start, sum(moment.live_bytes for moment in running)))
    return tuple(merged)


def _moment_at(one: Recording, time: float) -> Moment | None:
    if time > one.start + one.seconds:
        return None
    before = [moment for moment in one.timeline if one.start + moment.seconds <= time]
    return before[-1] if before else None
