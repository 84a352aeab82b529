"""Broken profiles: each is refused with one exact message, and nothing is written."""

from pathlib import Path

import pytest

from gen.generate import main

FRONT_KEYS = (
    "class_lookup, header_classidx, fast_cap, cache_bytes, thread_bytes, total_bytes, list_max, "
    "grow_percent, specialize_mask"
)
SECTIONS = "summary, base, classes, slab, front, central, large, purge, heap, guard, debug"
HUGE = "x" * 91

# Text of profiles/broken.yaml (a dict: of several), what standard error says.
BROKEN = {
    "unknown key": (
        "summary: s\nfront: {fastcap: 8}",
        f"profiles/broken.yaml: front.fastcap: unknown key; did you mean fast_cap? "
        f"valid: {FRONT_KEYS}",
    ),
    "unknown key without a near one": (
        "summary: s\nfront: {1: 8}",
        f"profiles/broken.yaml: front.1: unknown key; valid: {FRONT_KEYS}",
    ),
    "unknown section": (
        "summary: s\nheep: {reserve_gib: 16}",
        f"profiles/broken.yaml: heep: unknown key; did you mean heap? valid: {SECTIONS}",
    ),
    "below the range": (
        "summary: s\nfront: {fast_cap: 0}",
        "profiles/broken.yaml: front.fast_cap: 0 is not in 2..1024",
    ),
    "above the range": (
        "summary: s\nslab: {tail_percent: 26}",
        "profiles/broken.yaml: slab.tail_percent: 26 is not in 0..25",
    ),
    "an octal number": (
        "summary: s\nfront:\n  fast_cap: 010",
        "profiles/broken.yaml: line 3: 010 is not a plain number, such as 10",
    ),
    "a number to the base 60": (
        "summary: s\nfront: {thread_bytes: 8:20}",
        "profiles/broken.yaml: line 2: 8:20 is not a plain number, such as 10",
    ),
    "a date that is none": (
        "summary: s\nfront: {thread_bytes: 2001-99-99}",
        "profiles/broken.yaml: month must be in 1..12",
    ),
    "a tag that does not fit": (
        'summary: s\nclasses: {max: !!int "abc"}',
        "profiles/broken.yaml: invalid literal for int() with base 10: 'abc'",
    ),
    "a number of very many digits": (
        "summary: s\nfront: {thread_bytes: " + "9" * 30 + "K}",
        "profiles/broken.yaml: front.thread_bytes: \"" + "9" * 30
        + "K\" is not a number of bytes such as 65536, 64K or 64 KiB",
    ),
    "not in the list": (
        "summary: s\nheap: {reserve_gib: 100}",
        "profiles/broken.yaml: heap.reserve_gib: 100 is not one of "
        "16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384",
    ),
    "unknown lookup": (
        "summary: s\nfront: {class_lookup: hash}",
        'profiles/broken.yaml: front.class_lookup: "hash" is not one of header, map, region',
    ),
    "text for a number": (
        "summary: s\nfront: {fast_cap: many}",
        'profiles/broken.yaml: front.fast_cap: "many" is not an integer',
    ),
    "truth for a number": (
        "summary: s\nfront: {fast_cap: true}",
        "profiles/broken.yaml: front.fast_cap: true is not an integer",
    ),
    "fraction": (
        "summary: s\nfront: {fast_cap: 8.0}",
        "profiles/broken.yaml: front.fast_cap: 8.0 is not an integer",
    ),
    "number for truth": (
        "summary: s\nlarge: {bigcache_l25: 1}",
        "profiles/broken.yaml: large.bigcache_l25: 1 is not true or false",
    ),
    "null where none is allowed": (
        "summary: s\nfront: {fast_cap: null}",
        "profiles/broken.yaml: front.fast_cap: null is not an integer",
    ),
    "text for a switch that may be null": (
        "summary: s\nfront: {header_classidx: maybe}",
        'profiles/broken.yaml: front.header_classidx: "maybe" is not true or false or null',
    ),
    "empty section": (
        "summary: s\nfront:",
        "profiles/broken.yaml: front: null is not a mapping of keys to values",
    ),
    "empty file": ("", "profiles/broken.yaml: null is not a mapping of keys to values"),
    "no multiple of 65536": (
        "summary: s\nlarge: {bigcache_max: 100000}",
        "profiles/broken.yaml: large.bigcache_max: 100000 is not a multiple of 65536",
    ),
    "several at once": (
        "summary: s\nfront: {fast_cap: 1, list_max: 8}\npurge: {decay_ms: -1}",
        "profiles/broken.yaml: front.fast_cap: 1 is not in 2..1024\n"
        "profiles/broken.yaml: front.list_max: 8 is not a multiple of 16\n"
        "profiles/broken.yaml: purge.decay_ms: -1 is not in 0..3600000",
    ),
    "classes that do not rise": (
        "summary: s\nclasses: {sizes: [16, 48, 32]}",
        "profiles/broken.yaml: classes.sizes[2]: 32 does not rise above 48 before it",
    ),
    "class stated twice": (
        "summary: s\nclasses: {sizes: [16, 16]}",
        "profiles/broken.yaml: classes.sizes[1]: 16 does not rise above 16 before it",
    ),
    "class that is no multiple of 16": (
        "summary: s\nclasses: {sizes: [16, 40]}",
        "profiles/broken.yaml: classes.sizes[1]: 40 is not a multiple of 16",
    ),
    "class too large": (
        "summary: s\nclasses: {sizes: [16, 65552]}",
        "profiles/broken.yaml: classes.sizes[1]: 65552 is not in 16..65536",
    ),
    "no classes": (
        "summary: s\nclasses: {sizes: []}",
        "profiles/broken.yaml: classes.sizes: 0 items are not in 1..126",
    ),
    "too many explicit classes": (
        f"summary: s\nclasses: {{sizes: {[16 * i for i in range(1, 128)]}}}",
        "profiles/broken.yaml: classes.sizes: 127 items are not in 1..126",
    ),
    "too many chosen classes": (
        "summary: s\nclasses: {per_doubling: 16}",
        "profiles/broken.yaml: classes.per_doubling: 16 up to classes.max 32768 makes "
        "128 classes, at most 126 fit",
    ),
    "slabs too small": (
        "summary: s\nslab: {min_blocks: 20, max_pages: 8}",
        "profiles/broken.yaml: slab.max_pages: 8 heap pages hold 19 blocks of 26624 bytes, "
        "a class by classes.max; slab.min_blocks is 20",
    ),
    "regions too small for the blocks of a class": (
        "summary: s\nfront: {class_lookup: region}\nheap: {reserve_gib: 64}",
        "profiles/broken.yaml: heap.reserve_gib: 64 is too little with front.class_lookup region "
        "and 72 classes (classes.per_doubling), each of which gets a part in 128, and large blocks "
        "the rest; valid from 128 on",
    ),
    "regions of many classes, which leave too little for large blocks": (
        f"summary: s\nclasses: {{sizes: {[16 * i for i in range(1, 127)]}}}\n"
        "front: {class_lookup: region}\nheap: {reserve_gib: 512}",
        "profiles/broken.yaml: heap.reserve_gib: 512 is too little with front.class_lookup region "
        "and 126 classes (classes.sizes), each of which gets a part in 128, and large blocks "
        "the rest; valid from 1024 on",
    ),
    "header contradicts lookup": (
        "summary: s\nfront: {class_lookup: map, header_classidx: true}",
        "profiles/broken.yaml: front.header_classidx: true means class_lookup header, "
        "but front.class_lookup is map; state one of the two",
    ),
    "no header contradicts lookup": (
        "summary: s\nfront: {class_lookup: region, header_classidx: false}",
        "profiles/broken.yaml: front.header_classidx: false means class_lookup map, "
        "but front.class_lookup is region; state one of the two",
    ),
    "missing summary": (
        "front: {fast_cap: 8}",
        "profiles/broken.yaml: summary: missing; every profile states it: "
        "What the profile is for, in one line.",
    ),
    "summary of two lines": (
        'summary: "one\\ntwo"',
        'profiles/broken.yaml: summary: "one\\ntwo" is not one line of ASCII '
        "without the end of a C comment",
    ),
    "summary that ends the comment": (
        "summary: fast */ int x;",
        'profiles/broken.yaml: summary: "fast */ int x;" is not one line of ASCII '
        "without the end of a C comment",
    ),
    "long summary": (
        f"summary: {HUGE}",
        "profiles/broken.yaml: summary: 91 characters are not in 1..90",
    ),
    "missing base": (
        "summary: s\nbase: defalt",
        'profiles/broken.yaml: base: "defalt" is not a profile; did you mean default? '
        "valid: default",
    ),
    "base of the wrong type": (
        "summary: s\nbase: [default]",
        'profiles/broken.yaml: base: ["default"] is not a string',
    ),
    "base of itself": (
        "summary: s\nbase: broken",
        'profiles/broken.yaml: base: "broken" makes a cycle: broken -> broken',
    ),
    "cyclic bases": (
        {
            "broken": "summary: s\nbase: a",
            "a": "summary: a\nbase: b",
            "b": "summary: b\nbase: a",
        },
        'profiles/b.yaml: base: "a" makes a cycle: a -> b -> a',
    ),
    "broken base": (
        {"broken": "summary: s\nbase: a", "a": "summary: a\nfront: {fast_cap: 1}"},
        "profiles/a.yaml: front.fast_cap: 1 is not in 2..1024",
    ),
    "default with a base": (
        {
            "broken": "summary: s",
            "default": lambda text: text + "\nbase: broken\n",
        },
        'profiles/default.yaml: base: "broken": the default has no base',
    ),
    "default without a key": (
        {
            "broken": "summary: s",
            "default": lambda text: text.replace("  fast_cap:", "  # fast_cap:"),
        },
        "profiles/default.yaml: front.fast_cap: missing; the default states every key",
    ),
    "duplicate key": (
        "summary: s\nfront:\n  fast_cap: 8\n  list_max: 0\n  fast_cap: 16",
        "profiles/broken.yaml: front.fast_cap: stated twice, in lines 3 and 5",
    ),
    "duplicate section": (
        "summary: s\nfront: {fast_cap: 8}\nfront: {list_max: 0}",
        "profiles/broken.yaml: front: stated twice, in lines 2 and 3",
    ),
    "bad YAML": (
        "summary: s\nfront: {fast_cap: 8\n",
        "profiles/broken.yaml: line 3: expected ',' or '}', but got '<stream end>'",
    ),
    "tab": (
        "summary: s\nfront:\n\tfast_cap: 8\n",
        "profiles/broken.yaml: line 3: found character '\\t' that cannot start any token",
    ),
    "two documents": (
        "summary: s\n---\nsummary: t\n",
        "profiles/broken.yaml: line 2: but found another document",
    ),
    "list for a key": (
        "summary: s\n? [a]\n: b\n",
        "profiles/broken.yaml: line 2: found unhashable key",
    ),
    "alias": (
        "summary: s\nfront: &front {front: *front}",
        "profiles/broken.yaml: line 2: *front is an alias: not allowed",
    ),
    "stated twice in one line": (
        "summary: s\nfront: {fast_cap: 8, fast_cap: 8}",
        "profiles/broken.yaml: front.fast_cap: stated twice, in lines 2 and 2",
    ),
    "not UTF-8": (b"summary: \xff", "profiles/broken.yaml: byte 9 is not UTF-8"),
    "control character": (
        "summary: \x01",
        "profiles/broken.yaml: unacceptable character #x0001: "
        "special characters are not allowed",
    ),
}


def generate(profile, *options):
    return main(["--profile", str(profile), "--out-dir", "out", *options])


@pytest.mark.parametrize("case", BROKEN)
def test_broken_profile(case, workspace, capsys):
    files, message = BROKEN[case]
    for name, text in (files if isinstance(files, dict) else {"broken": files}).items():
        if callable(text):
            text = text(Path("profiles/default.yaml").read_text())
        workspace.write(name, text)
    assert generate("profiles/broken.yaml") == 2
    printed = capsys.readouterr()
    assert printed.err == message + "\n"
    assert printed.out == ""
    assert not Path("out").exists()


def test_what_was_generated_before_stays(workspace):
    profile = workspace.write("mine", "summary: s")
    assert generate(profile) == 0
    before = {path.name: path.read_text() for path in Path("out").iterdir()}
    workspace.write("mine", "summary: s\nfront: {fast_cap: 1}")
    assert generate(profile) == 2
    assert {path.name: path.read_text() for path in Path("out").iterdir()} == before


def test_missing_profile(workspace, capsys):
    assert generate("profiles/defualt.yaml") == 2
    assert capsys.readouterr().err == (
        "profiles/defualt.yaml: no such profile; did you mean default? valid: default\n"
    )


def test_name_that_is_no_target(workspace, capsys):
    workspace.write("Mine", "summary: s")
    assert generate("profiles/Mine.yaml") == 2
    assert capsys.readouterr().err == (
        "profiles/Mine.yaml: a profile's file is called NAME.yaml, "
        "its name made of a-z, 0-9, - and _\n"
    )


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "generate: error: the following arguments are required: --profile, --out-dir"),
        (["--fast"], "generate: error: the following arguments are required: --profile, --out-dir"),
        (
            ["--profile", "p", "--out-dir", "o", "--fast"],
            "generate: error: unrecognized arguments: --fast",
        ),
    ],
)
def test_wrong_options(args, message, capsys):
    with pytest.raises(SystemExit) as stop:
        main(args)
    assert stop.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1] == message


def test_out_dir_that_is_a_file(workspace, capsys):
    Path("out").write_text("mine")
    assert generate("profiles/default.yaml") == 1
    assert capsys.readouterr().err == "out: File exists\n"
    assert Path("out").read_text() == "mine"
