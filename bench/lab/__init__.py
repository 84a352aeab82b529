"""The laboratory: runs benchmark programs over variants, and says what the numbers show.

Each room imports only those above it, and each module only those above it in its room:

    base/     what every room uses: errors, paths, processes, the terminal
    stats/    methods of statistics, on plain numbers
    select/   what to run: rows and variants, and the options that choose them
    run/      running it: the order, single runs, the folder of the results
    judge/    what the runs show: cells, comparisons, bars, regressions
    show/     judged numbers as tables on the terminal, in Markdown, in CSV
    page/     judged numbers as report.html
    measure/  a measurement as a whole: run, judged, written and shown, once each
    history/  many measurements over time, and what changed when
    pool/     measurements of several occasions as one
    bisect/   study: which key or which commit makes a difference
    noise/    study: how small a difference the laboratory can show
    simulate/ study: how far the judging can be trusted, on made-up runs
    perf/     study: where a program spends its time
    count/    study: counts that do not depend on luck, and the times that they explain
    replay/   study: the calls of a recorded program again
    header/   study: the class of a block in the byte before it, against the page map
    fit/      study: profiles fitted to programs

Ctrl-C ends a command at once until base/ending.py takes it over: what is imported first takes half
a second, and has nothing to keep.
"""

import signal

if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
