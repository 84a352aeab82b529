"""The calls of a short trace as a C program that makes them."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from bench.lab.replay import plan
from gen.record import trace

MOST_CALLS = 100_000  # of a C program: compilers take long for more


@dataclass(frozen=True)
class Call:
    """One call.

    `block` is a number; two blocks that live at the same time have different ones.  A block keeps
    its number through realloc.
    """

    thread: int
    kind: str  # malloc, calloc, aligned, realloc or free
    block: int
    size: int = 0  # bytes; 0 of free
    align: int = 1  # bytes; of aligned


def calls_of(path: Path) -> list[Call]:
    """Those of a trace that a cut has made.  Raises RecordingError."""
    calls = []
    number: dict[int, int] = {}  # a block's own, and what it was called first
    for one in trace.Trace(path):
        block = one.block
        if one.kind == trace.REALLOC:
            block = number.pop(one.old, one.old)
            number[one.block] = block
        elif one.kind == trace.FREE:
            block = number.pop(one.block, one.block)
        calls.append(Call(one.thread, one.kind, block, one.size, max(one.alignment, 1)))
    return calls


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


def write(path: Path, left: plan.Cut, variant: str, to: Path) -> Path:
    """Writes the program with the calls of a trace; where they are too many for one, a copy of the
    trace.  Returns what it wrote."""
    if left.calls > MOST_CALLS:
        to = to.with_name(to.name + ".trace")
        shutil.copyfile(path, to)
    else:
        to.write_text(as_c(calls_of(path), variant, to.name), encoding="utf-8")
    return to


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
