"""The Values and Arrays of a program that was started bare."""

from __future__ import annotations

import pytest
from rockproc.observer.model import Snapshot

from .conftest import Start, look_until

SHARED = """
    class Point(ctypes.Structure):
        _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_double)]

    def worker(counter, samples, word, point):
        with counter.get_lock():
            counter.value += 2
        time.sleep(60)

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        counter, samples, word = mp.Value("i", 40), mp.Array("d", [1.5, 2.5]), mp.Array("c", b"text")
        point = mp.Value(Point, 1, 2.0)
        child = mp.Process(target=worker, args=(counter, samples, word, point))
        child.start()
        child.join()
"""


@pytest.mark.parametrize(
    ("version", "method"),
    [
        ("3.8", "spawn"),
        ("3.15", "fork"),
        *(pytest.param(v, "forkserver", marks=pytest.mark.slow) for v in ("3.11", "3.13", "3.14")),
    ],
)
def test_values_have_names_types_and_contents(start: Start, version: str, method: str) -> None:
    pid = start("    import ctypes\n" + SHARED, version, method)

    def changed(snapshot: Snapshot) -> bool:
        read_by_both = all(len(value.open_by) == 2 for value in snapshot.values)
        return read_by_both and any(value.name == "counter" and value.value == 42 for value in snapshot.values)

    values = {value.name: value for value in look_until(pid, changed).values}
    assert {name: (value.kind, value.type, value.value) for name, value in values.items()} == {
        "counter": ("Value", "int", 42),
        "samples": ("Array", "double[2]", [1.5, 2.5]),
        "word": ("Array", "char[4]", "text"),
        "point": ("Value", "Point", None),
    }
    assert all(value.writes is None for value in values.values())
    assert all(value.shared_with_unobserved for value in values.values())
