"""From a trace that fails to the few calls that it takes, and to a C program that makes them."""

from collections.abc import Callable
from dataclasses import replace

from bench.lab.plan import Call

Fails = Callable[[list[Call]], bool]


def shrink(calls: list[Call], fails: Fails) -> list[Call]:
    """Calls of which none can be left out; `calls` fail.

    All calls on a block go together at first, as a call on a block that is not there is none; then
    reallocs and frees alone.  All on one thread if that fails too.
    """
    alone = [replace(call, thread=0) for call in calls]
    if fails(alone):
        calls = alone
    chains: dict[int, list[int]] = {}
    chain_of, units = {}, 0
    for number, call in enumerate(calls):  # block numbers may be used again after a free
        if call.kind not in ("realloc", "free"):
            chain_of[call.block] = units
            units += 1
        chains.setdefault(chain_of[call.block], []).append(number)
    kept = _minimal(list(chains.values()),
                    lambda some: fails(_pick(calls, some)))
    calls = _pick(calls, kept)
    single = [[number] for number, call in enumerate(calls) if call.kind in ("realloc", "free")]
    fixed = [[number] for number, call in enumerate(calls)
             if call.kind not in ("realloc", "free")]

    def fails_without(some: list[list[int]]) -> bool:
        chosen = _pick(calls, fixed + some)
        return _is_whole(chosen) and fails(chosen)

    return _pick(calls, fixed + _minimal(single, fails_without))


def _pick(calls: list[Call], units: list[list[int]]) -> list[Call]:
    return [calls[number] for number in sorted(number for unit in units for number in unit)]


def _is_whole(calls: list[Call]) -> bool:
    """No block number is given twice at a time: without its free, the next use is another block."""
    live = set()
    for call in calls:
        if call.kind == "free":
            live.discard(call.block)
        elif call.kind != "realloc" and call.block in live:
            return False
        else:
            live.add(call.block)
    return True


def _minimal(units: list[list[int]], fails: Callable[[list[list[int]]], bool]) -> list[list[int]]:
    """Units of which none can be left out (A. Zeller, R. Hildebrandt, "Simplifying and Isolating
    Failure-Inducing Input", 2002)."""
    if fails([]):
        return []
    parts = 2
    while len(units) > 1:
        size = -(-len(units) // parts)
        chunks = [units[i:i + size] for i in range(0, len(units), size)]
        for i in range(len(chunks)):
            rest = [unit for j, chunk in enumerate(chunks) if j != i for unit in chunk]
            if fails(rest):
                units, parts = rest, max(parts - 1, 2)
                break
        else:
            if size == 1:
                break
            parts = min(2 * parts, len(units))
    return units


_HEAD = """\
/* {count} calls, cut down from a trace, that fail with {variant}.
 *   gcc -g -fno-builtin {name} -o fails -pthread && LD_PRELOAD=LIBRARY ./fails */
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned char *b[{blocks}];
static size_t sizes[{blocks}];

static void used(int i, unsigned char tag)
{{
    for (size_t k = 0; k < sizes[i]; k += 4096)
        b[i][k] = tag;
    if (sizes[i])
        b[i][sizes[i] - 1] = tag;
}}

static void check(int line, int i, unsigned char tag)
{{
    for (size_t k = 0; k < sizes[i]; k += 4096)
        if (b[i][k] != tag)
            goto wrong;
    if (!sizes[i] || b[i][sizes[i] - 1] == tag)
        return;
wrong:
    fprintf(stderr, "call %d: block %d has changed\\n", line, i);
    abort();
}}

static void made(int line, int i, unsigned char *p, size_t size, size_t align)
{{
    if ((!p && size) || (size_t)p % align) {{
        fprintf(stderr, "call %d: block %d is at %p\\n", line, i, (void *)p);
        abort();
    }}
    b[i] = p;
    sizes[i] = size;
}}

static void zero(int line, int i)
{{
    for (size_t k = 0; k < sizes[i]; k += 4096)
        if (b[i][k])
            goto wrong;
    if (!sizes[i] || !b[i][sizes[i] - 1])
        return;
wrong:
    fprintf(stderr, "call %d: block %d is not zero\\n", line, i);
    abort();
}}

static void resize(int line, int i, size_t size, unsigned char tag)
{{
    size_t old = sizes[i], kept = old < size ? old : size;
    check(line, i, tag);
    made(line, i, realloc(b[i], size), size, size < 16 ? 8 : 16);
    for (size_t k = 0; k < kept; k += 4096)
        if (b[i][k] != tag)
            goto wrong;
    if (!old || old > size || b[i][old - 1] == tag)
        return;
wrong:
    fprintf(stderr, "call %d: block %d has changed in realloc\\n", line, i);
    abort();
}}
"""


def as_c(calls: list[Call], variant: str, name: str) -> str:
    """The program, for a file of this name; its threads make their calls in the recorded order."""
    blocks, threads = {}, {}
    count = 0
    steps: list[tuple[int, list[str]]] = []
    for number, call in enumerate(calls):
        thread = threads.setdefault(call.thread, len(threads))
        if call.kind not in ("realloc", "free"):
            blocks[call.block] = count
            count += 1
        steps.append((thread, _statements(number, call, blocks[call.block])))
    head = _HEAD.format(count=len(calls), variant=variant, name=name, blocks=max(count, 1))
    if len(threads) < 2:
        body = "".join(f"    {line}\n" for _, lines in steps for line in lines)
        return f"{head}\nint main(void)\n{{\n{body}    return 0;\n}}\n"
    text = [head, "\nstatic atomic_int turn;\n\nstatic void at(int n)\n{\n"
                  "    while (atomic_load(&turn) != n)\n        sched_yield();\n}\n"]
    for thread in range(len(threads)):
        text.append(f"\nstatic void *thread_{thread}(void *arg)\n{{\n")
        for number, (of, lines) in enumerate(steps):
            if of == thread:
                text += [f"    at({number});\n", *(f"    {line}\n" for line in lines),
                         f"    atomic_store(&turn, {number + 1});\n"]
        text.append("    return arg;\n}\n")
    text.append(f"\nint main(void)\n{{\n    pthread_t threads[{len(threads)}];\n")
    for thread in range(len(threads)):
        text.append(f"    pthread_create(&threads[{thread}], NULL, thread_{thread}, NULL);\n")
    text.append(f"    for (int i = 0; i < {len(threads)}; i++)\n"
                "        pthread_join(threads[i], NULL);\n    return 0;\n}\n")
    return "".join(text)


def _statements(number: int, call: Call, block: int) -> list[str]:
    tag = block % 250 + 1
    check = f"check({number}, {block}, {tag});"
    if call.kind == "free":
        return [check, f"free(b[{block}]);"]
    if call.kind == "realloc":
        return [f"resize({number}, {block}, {call.size}, {tag});", f"used({block}, {tag});"]
    how = {"malloc": f"malloc({call.size})", "calloc": f"calloc(1, {call.size})",
           "aligned": f"memalign({call.align}, {call.size})"}[call.kind]
    align = call.align if call.kind == "aligned" else 8 if call.size < 16 else 16
    zero = [f"zero({number}, {block});"] if call.kind == "calloc" else []
    return [f"made({number}, {block}, {how}, {call.size}, {align});", *zero,
            f"used({block}, {tag});"]
