"""Arrays with more numbers than are decoded: all numbers can be drawn, and the last writer is known."""

from __future__ import annotations

from rockproc.observer.decoding.numbers import numbers
from rockproc.observer.model import SharedValue, Snapshot

from tests.probe.conftest import CURRENT, See

PROGRAM = """\
    import multiprocessing as mp

    def fill(kept, large, table):
        kept[:] = [index / 2 for index in range(len(kept))]
        large[:] = range(len(large))  # last
        for row in range(1200):
            table[row][1] = row

    if __name__ == "__main__":
        kept = mp.Array("d", 4000)
        large = mp.Array("i", 300_000)
        table = mp.RawArray(mp.sharedctypes.ctypes.c_short * 3, 1200)
        writer = mp.Process(target=fill, args=(kept, large, table), name="writer")
        writer.start()
        writer.join()
"""


def named(snapshot: Snapshot, name: str) -> SharedValue:
    return next(value for value in snapshot.values if value.name == name)


def test_every_number_of_a_large_array_is_read(see: See) -> None:
    seen = see(CURRENT, PROGRAM, method="fork")
    snapshot = seen.end()
    kept, large, table = (named(snapshot, name) for name in ("kept", "large", "table"))
    assert len(kept.raw) == 32_000
    assert large.raw == b""
    assert set(snapshot.contents) == {large.key}
    for value, width, content in (
        (kept, None, [index / 2 for index in range(4000)]),
        (large, None, list(range(300_000))),
        (table, 3, [number for row in range(1200) for number in (0, row, 0)]),
    ):
        found = numbers(value.value, value.layout, snapshot.contents.get(value.key) or value.raw)
        assert found is not None
        assert found.width == width
        assert list(found.items) == content
    assert large.value == list(range(1000))
    writer = snapshot.process(large.writer)
    assert writer is not None
    assert writer.name == "writer"
    assert large.written_site is not None
    assert large.written_site.line == seen.line("last")
    assert large.written is not None
    assert 0 < large.written <= snapshot.now
