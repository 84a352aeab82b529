"""sqlite3 on a database that it generates: the answers, and the integrity of the file."""

import pytest

from tests.programs.common import need, output

SCRIPT = """
PRAGMA page_size = 4096;
CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, price INTEGER, note BLOB);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150000)
INSERT INTO item SELECT i, 'item ' || (i * 7919 % 100003), i * i % 9973,
    substr(hex(i * 1000003), 1, i % 200) FROM n;
CREATE INDEX by_name ON item (name);
CREATE INDEX by_price ON item (price, name);
SELECT count(*), sum(price), max(name) FROM item;
SELECT price, count(*), group_concat(id % 10, '') FROM item WHERE price < 9 GROUP BY price;
UPDATE item SET note = note || name WHERE price % 3 = 0;
DELETE FROM item WHERE id % 5 = 2;
SELECT a.name, b.id FROM item a JOIN item b ON a.name = b.name AND a.id < b.id ORDER BY 2 LIMIT 20;
CREATE VIRTUAL TABLE words USING fts5(body);
INSERT INTO words SELECT name || ' ' || price FROM item WHERE id < 20000;
SELECT count(*) FROM words WHERE words MATCH '77*';
VACUUM;
SELECT sum(length(note)), total(price) FROM item;
PRAGMA integrity_check;
"""


def answers(library, folder):
    return output([need("sqlite3", "sqlite3"), "test.db"], library, folder, SCRIPT)


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    return answers(None, tmp_path_factory.mktemp("expected"))


def test_answers(library, expected, tmp_path):
    assert expected.endswith("ok\n")
    assert answers(library, tmp_path) == expected
