"""node: worker threads that make garbage and hand buffers to one another."""

import pytest

from tests.programs.common import need, output

SCRIPT = """
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
const crypto = require('crypto'), zlib = require('zlib');
if (isMainThread) {
  const done = [];
  for (let id = 0; id < 4; id++) {
    const worker = new Worker(process.argv[1], { workerData: id });
    worker.on('message', m => done.push(m));
    worker.on('error', e => { console.error(e); process.exit(1); });
    worker.on('exit', () => { if (done.length === 4) { console.log(done.sort().join('\\n')); done.push(''); } });
  }
} else {
  const hash = crypto.createHash('sha256');
  let kept = [];
  for (let i = 0; i < 300; i++) {
    const objects = [];
    for (let j = 0; j < 2000; j++) objects.push({ id: j, text: 'x'.repeat(j % 50) + workerData });
    const text = JSON.stringify(objects);
    if (i % 10 === 0) {
      const packed = zlib.gzipSync(Buffer.from(text));
      if (zlib.gunzipSync(packed).toString() !== text) throw new Error('damaged');
    }
    kept.push(Buffer.alloc(1000 + i * 97, i % 256));
    if (kept.length > 50) kept = kept.slice(25);
    if (i % 25 === 0) hash.update(text);
  }
  kept.forEach(b => hash.update(b));
  parentPort.postMessage(workerData + ' ' + hash.digest('hex'));
}
"""


def answers(library, folder):
    folder.joinpath("garbage.js").write_text(SCRIPT)
    return output([need("node", "nodejs"), "garbage.js"], library, folder)


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    return answers(None, tmp_path_factory.mktemp("expected"))


def test_workers(library, expected, tmp_path):
    assert len(expected.splitlines()) == 4
    assert answers(library, tmp_path) == expected
