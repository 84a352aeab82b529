"""Numbers of bytes in a profile: 64K and 64 KiB mean 65536, in every key whose unit is bytes."""

from pathlib import Path

import pytest

from gen.classes import build_model
from gen.generate import main
from gen.profiles import load_profile
from gen.render import render
from gen.schema import ROOT, is_bytes, schema_keys

BYTES = [
    f"{section}.{key}"
    for section, keys in schema_keys().items()
    for key, node in keys.items()
    if is_bytes(node) or is_bytes(node.get("items", {}))
]


def test_every_key_that_is_called_bytes_is_one():
    assert set(BYTES) == {
        "classes.max", "classes.sizes", "front.list_max", "large.bigcache_max", "large.move_min",
        *(f"{section}.{key}" for section, keys in schema_keys().items()
          for key in keys if key.endswith("_bytes")),
    }


def value_of(workspace, key: str, value: str):
    section, name = key.split(".")
    checks = "checks: true, " if section == "guard" else ""
    return workspace.model(f"{section}: {{{checks}{name}: {value}}}").keys[section][name]


@pytest.mark.parametrize("key", [key for key in BYTES if key != "classes.sizes"])
def test_a_number_of_bytes_may_be_written_with_a_unit(workspace, key):
    for text in ("64K", "64KiB", "64 KiB", "64 K", "65536"):
        value = value_of(workspace, key, text)
        assert (value, type(value)) == (65536, int), text


def test_sizes_may_be_written_with_units(workspace):
    model = workspace.model("classes: {sizes: [64, 1K, 4 KiB, 64K]}")
    assert model.keys["classes"]["sizes"] == [64, 1024, 4096, 65536]


@pytest.mark.parametrize(
    ("text", "value"), [("1M", 1 << 20), ("3 MiB", 3 << 20), ("2G", 2 << 30), ("1TiB", 1 << 40)]
)
def test_units_are_powers_of_1024(workspace, text, value):
    assert value_of(workspace, "front.total_bytes", text) == value


def test_the_same_profile_in_words_gives_the_same_files(workspace):
    """Every number of bytes of the default that is a whole number of KiB, as KiB."""
    default = (ROOT / "profiles" / "default.yaml").read_text()
    lines = []
    for line in default.splitlines():
        stripped = line.strip()
        key, _, rest = stripped.partition(": ")
        number = rest.split(" #")[0]
        if number.isdecimal() and int(number) >= 1024 and int(number) % 1024 == 0 and any(
            one.endswith(f".{key}") for one in BYTES
        ):
            line = line.replace(number, f"{int(number) >> 10} KiB", 1)
        lines.append(line)
    assert sum("KiB #" in line for line in lines) >= 9
    workspace.write("default", "\n".join(lines))
    words = build_model(load_profile(Path("profiles/default.yaml"), Path("profiles")))
    numbers = build_model(
        load_profile(ROOT / "profiles" / "default.yaml", ROOT / "profiles")
    )
    assert render(words) == render(numbers)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("front: {cache_bytes: 1K}", 'front.cache_bytes: "1K" is not in 4096..16777216'),
        ("front: {cache_bytes: 1 TiB}", 'front.cache_bytes: "1 TiB" is not in 4096..16777216'),
        ("classes: {max: 3K}", 'classes.max: "3K" is not one of 1024, 2048, 4096, 8192, 16384, '
         "32768, 65536"),
        ("classes: {sizes: [4K, 64]}",
         'classes.sizes[1]: 64 does not rise above "4K" before it'),
        ("large: {bigcache_max: 65K}",
         'large.bigcache_max: "65K" is not a multiple of 65536'),
        *(
            (f"front: {{total_bytes: {text}}}",
             f"front.total_bytes: {shown} is not a number of bytes such as 65536, 64K or 64 KiB")
            for text, shown in [
                ("64k", '"64k"'), ("64KB", '"64KB"'), ("1.5M", '"1.5M"'), ("M", '"M"'),
                ("-1K", '"-1K"'), ("64  K", '"64  K"'), ("1e6", '"1e6"'),
                ("true", "true"), ("null", "null"), ("2.5", "2.5"), ('"65536"', '"65536"'),
            ]
        ),
        # Counts, and sizes in another unit, are integers.
        ("front: {fast_cap: 1K}", 'front.fast_cap: "1K" is not an integer'),
        ("heap: {commit_kib: 64K}", 'heap.commit_kib: "64K" is not one of 64, 128, 256, 512, '
         "1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072, 262144, 524288, 1048576"),
    ],
)
def test_errors_show_what_was_written(workspace, capsys, text, problem):
    workspace.write("broken", f"summary: s\n{text}")
    assert main(["--profile", "profiles/broken.yaml", "--out-dir", "out"]) == 2
    assert capsys.readouterr().err == f"profiles/broken.yaml: {problem}\n"
