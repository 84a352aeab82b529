"""bazel run //bench:simulate: tells how far the laboratory's judging can be trusted.

Made-up runs whose truth is known are judged by the functions that judge measurements: how often an
interval holds the truth, how often a difference is found that is not there, or not found that is.
No program runs.
"""

import argparse
import sys

from bench.lab.base import ending, paths
from bench.lab.base.document import Document
from bench.lab.base.progress import RunsBar
from bench.lab.run.folder import Files
from bench.lab.select import options
from bench.lab.show import markdown, terminal
from bench.lab.simulate import reports, tables
from bench.lab.simulate.figures import Figure
from bench.lab.simulate.settings import SETTINGS
from gen.screen import make_console

REPORTS = 150


def _parser() -> argparse.ArgumentParser:
    parser = options.parser("simulate", __doc__.split(": ", 1)[1], [
        "", "--setting own,layouts --reports 1000", "--document docs/trust.md --reports 2000"])
    parser.add_argument("--reports", type=options.count, default=REPORTS, metavar="N",
                        help="how many reports of each kind to simulate in each setting, fewer of "
                             "those that take long; default: %(default)s, about two minutes")
    parser.add_argument("--setting", type=options.words, default=[], metavar="NAME,...",
                        help="only these kinds of noise: "
                             f"{', '.join(one.name for one in SETTINGS)}; default: all")
    parser.add_argument("--document", metavar="FILE",
                        help="a page that holds the tables, such as docs/trust.md, to be "
                             "written anew; default: none")
    parser.add_argument("--seed", type=options.whole, metavar="N",
                        help="starts the random numbers; the same number gives the same results; "
                             "default: a new one")
    parser.add_argument("--out", metavar="DIR", help="folder for the results; default: "
                        "bench_results/simulate/<time> in the workspace")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Exit status 0, whatever is found; 1: a file failed; 2: wrong use; 130: interrupted."""
    chosen = _parser().parse_args(argv)

    def work() -> int:
        document = Document(paths.of_caller(chosen.document), "simulate") \
            if chosen.document else None
        settings = reports.chosen(chosen.setting)
        folder = Files(options.out_of(chosen, "simulate"), "simulate.csv")
        return ending.keeping("simulate", folder.path, lambda: _simulate(
            options.typed("simulate", argv), reports.plan(settings, chosen.reports),
            abs(options.seed_of(chosen)), chosen.reports, folder, document))

    return ending.guarded("simulate", work)


def _simulate(command: str, plan: list, seed: int, count: int, folder: Files,
              document: Document | None) -> int:
    console = make_console()
    figures: list[Figure] = []
    try:
        with RunsBar(console, sum(number for *_, number in plan), "reports") as bar:
            for one in reports.simulate(plan, seed, bar.begin, bar.done):
                figures.append(one)
    finally:
        _write(folder, command, figures, seed, count)
    if document:
        document.put(tables.section(figures, count, seed))
    for table in tables.tables(figures):
        terminal.put_apart(console, table)
    console.print(tables.LEGEND, style="dim")
    for line in [tables.verdict(figures), *tables.broken(figures)]:
        console.print(line, style="bold")
    console.print(f"results: {folder.path}", markup=False, soft_wrap=True)
    return 0


def _write(folder: Files, command: str, figures: list[Figure], seed: int, count: int) -> None:
    folder.write("simulate.csv", tables.csv(figures))
    folder.write_json("simulate.json", {"command": command, "seed": seed, "reports": count,
                                        "figures": tables.json(figures)})
    folder.write("summary.md", "\n".join([
        f"# {command}", "", tables.section(figures, count, seed),
        *markdown.bullets(tables.broken(figures)), ""]))


if __name__ == "__main__":
    sys.exit(main())
