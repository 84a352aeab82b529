"""What mixes take with each lookup, compared with numbers worked out by hand."""

import csv
import io

import pytest

from bench.lab.header import rounding as header_rounding
from bench.lab.base.errors import UsageError
from bench.lab.header.rounding import Mix, extremes, load_models, rounding
from gen.served import block_bytes


@pytest.mark.parametrize("size, plain, with_byte", [
    (0, 16, 16), (1, 16, 16), (15, 16, 16), (16, 16, 32), (17, 32, 32), (31, 32, 32),
    (32, 32, 48), (128, 128, 144), (129, 144, 144), (1000, 1024, 1024), (1024, 1024, 1152),
    (32767, 32768, 32768), (32768, 32768, 65536), (65520, 65536, 65536), (65521, 65536, 131072),
])
def test_blocks(models, size, plain, with_byte):
    assert block_bytes(models["map"], size) == plain
    assert block_bytes(models["region"], size) == plain
    assert block_bytes(models["header"], size) == with_byte


def test_every_request_fits_and_the_table_agrees_with_the_sizes(models):
    for model in models.values():
        sizes = [row.size for row in model.classes]
        for size in range(model.small_max + 1):
            least = max(size + model.header_bytes, 1)
            assert block_bytes(model, size) == min(s for s in sizes if s >= least)


def test_a_mix(models):
    mix = Mix("mine", "by hand", {15: 4, 16: 2, 100: 1}, larger_bytes=844)
    one = rounding(mix, models)
    assert (one.blocks, one.asked) == (7, 192)
    assert one.given == {"header": 4 * 16 + 2 * 32 + 112, "map": 208, "region": 208}
    assert (one.moved, one.pushed) == (2, 0)
    assert one.waste("map") == pytest.approx(100 * 16 / 208)
    assert one.waste("header") == pytest.approx(100 * 48 / 240)
    assert one.tax("header") == pytest.approx(100 * 32 / 208)
    assert one.class_tax == one.tax("header")
    assert (one.tax("map"), one.tax("region")) == (0, 0)
    assert one.overall_tax("header") == pytest.approx(100 * 32 / (208 + 844))
    assert one.moved_share == pytest.approx(100 * 2 / 7)


def test_blocks_without_a_class_are_counted_apart(models):
    one = rounding(Mix("", "", {16: 1, 32768: 1}), models)
    assert (one.moved, one.pushed) == (2, 32768)
    assert one.class_tax == pytest.approx(100 * 16 / (16 + 32768))
    assert one.tax("header") == pytest.approx(100 * (16 + 32768) / (16 + 32768))


def test_an_empty_mix(models):
    one = rounding(Mix("", "", {}), models)
    assert (one.waste("header"), one.tax("header"), one.class_tax, one.moved_share) == (0, 0, 0, 0)


def test_extremes(models):
    found = {mix.name: rounding(mix, models) for mix in extremes()}
    assert found["powers of two"].moved_share == 100
    assert found["powers of two"].waste("map") == 0
    assert found["odd sizes"].tax("header") == 0
    assert 0 < found["uniform"].tax("header") < found["powers of two"].tax("header")


def test_csv(models):
    ones = [rounding(mix, models) for mix in extremes()]
    lines = list(csv.DictReader(io.StringIO(header_rounding.csv(ones))))
    assert len(lines) == 3 * 3
    (line,) = [one for one in lines
               if (one["mix"], one["lookup"]) == ("powers of two", "header")]
    assert float(line["tax_percent"]) == pytest.approx(ones[1].tax("header"), abs=1e-6)
    assert int(line["given_bytes"]) == ones[1].given["header"]


def test_a_profile_with_another_lookup(tmp_path, profiles):
    for path in profiles.iterdir():
        (tmp_path / path.name).write_text(path.read_text())
    text = (tmp_path / "header-classidx-on.yaml").read_text()
    (tmp_path / "header-classidx-on.yaml").write_text(text.replace("true", "false"))
    with pytest.raises(UsageError, match="front.class_lookup: map is not header"):
        load_models(tmp_path)


def test_a_profile_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="header-classidx-on.yaml"):
        load_models(tmp_path)
