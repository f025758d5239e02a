"""Values and Arrays: their content, and the processes that read and write them."""

from __future__ import annotations

import contextlib
import gc
from pathlib import Path
from typing import Any

from rockproc.observer.model import SharedValue

from tests.probe.conftest import See
from tests.probe.sees.found import ALL, channel, lock, name_of, value


def numbers(shared: SharedValue) -> Any:
    """Return the items of an Array."""
    return shared.value


VALUES = """
    import ctypes
    import multiprocessing as mp
    import multiprocessing.sharedctypes
    import sys

    class Point(ctypes.Structure):
        _fields_ = [("x", ctypes.c_double), ("y", ctypes.c_double)]

    class Named(ctypes.Structure):
        _fields_ = [("name", ctypes.c_char * 8), ("corners", Point * 2), ("count", ctypes.c_uint8),
                    ("bit", ctypes.c_int, 3), ("pointer", ctypes.c_void_p), ("on", ctypes.c_bool)]

    def work(number, array, points, direct, raw, rawarray, text, unlocked, named):
        number.value = 7
        array[1] = 2.5
        array[2:4] = [3.5, 4.5]
        array[0], array[:], len(array)
        for point in points:
            point.x **= 2
            point.y **= 2
        direct.value += 1
        raw.value = 9
        rawarray[2] = 5
        text.value = b"hello"
        unlocked.value = 4
        named.name, named.count = b"box", 200
        named.corners[1].y, named.on = 6.5, True

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        number, array = mp.Value("i", 3), mp.Array("d", 5)
        points = mp.Array(Point, [(1, 2), (3, 4)])
        direct = multiprocessing.sharedctypes.Value(ctypes.c_long, 41)
        raw = mp.RawValue("h", 0)
        rawarray = multiprocessing.sharedctypes.RawArray("i", 4)
        table = multiprocessing.sharedctypes.RawArray(ctypes.c_short * 2, 3)
        text = mp.Array("c", 10)
        unlocked = mp.Value("b", lock=False)
        named = mp.Value(Named, lock=mp.Lock())
        shared = mp.Lock()
        one, two = mp.Value("i", 1, lock=shared), mp.Value("i", 2, lock=shared)
        large = mp.Array("i", 3000)
        large[2999] = 1
        child = mp.Process(target=work, args=(number, array, points, direct, raw, rawarray, text, unlocked, named))
        child.start()
        child.join()
        print(child.exitcode, one.value + two.value)
"""


@ALL
def test_contents_and_counts_of_values_are_exact(version: str, method: str, see: See) -> None:
    seen = see(version, VALUES, method)
    snapshot = seen.end()
    assert seen.output() == "0 3"
    found = {value.name: (value.kind, value.type, value.value) for value in snapshot.values if value.name != "large"}
    assert found == {
        "number": ("Value", "int", 7),
        "array": ("Array", "double[5]", [0.0, 2.5, 3.5, 4.5, 0.0]),
        "points": ("Array", "Point[2]", [{"x": 1.0, "y": 4.0}, {"x": 9.0, "y": 16.0}]),
        "direct": ("Value", "long", 42),
        "raw": ("RawValue", "short", 9),
        "rawarray": ("RawArray", "int[4]", [0, 0, 5, 0]),
        "table": ("RawArray", "short[3][2]", [[0, 0], [0, 0], [0, 0]]),
        "text": ("Array", "char[10]", "hello"),
        "unlocked": ("Value", "byte", 4),
        "named": (
            "Value",
            "Named",
            {
                "name": "box",
                "corners": [{"x": 0.0, "y": 0.0}, {"x": 0.0, "y": 6.5}],
                "count": 200,
                "bit": None,
                "pointer": None,
                "on": True,
            },
        ),
        "one": ("Value", "int", 1),
        "two": ("Value", "int", 2),
    }
    counts = {value.name: (value.reads, value.writes) for value in snapshot.values}
    assert counts["number"] == (0, 1)
    assert counts["array"] == (2, 2)
    assert counts["direct"] == (1, 1)
    assert counts["text"] == (0, 1)
    assert counts["named"] == (1, 3)
    assert counts["one"] == (1, 0)
    assert counts["raw"] == counts["rawarray"] == counts["unlocked"] == (None, None)
    assert value(snapshot, "large").length == 3000
    assert name_of(snapshot, value(snapshot, "number").writer) == "Process-1"
    assert lock(snapshot, "shared").acquired == 2


UNSEEN = """
    import ctypes
    import multiprocessing as mp
    import sys
    import time

    class Point(ctypes.Structure):
        _fields_ = [("x", ctypes.c_double), ("y", ctypes.c_double)]

    def work(past, field, through):
        for step in range(8):
            past.get_obj()[0] += 1
            field[0].x += 1
            through[0] += 1
            time.sleep(0.2)

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        past, field, through = mp.Array("i", 3), mp.Array(Point, 2), mp.Array("i", [5, 6])
        child = mp.Process(target=work, args=(past, field, through))
        child.start()
        child.join()
        soon = mp.Array("i", 1)
        soon.get_obj()[0] = 1
"""


@ALL
def test_writes_past_the_wrapper_are_marked_as_unseen(version: str, method: str, see: See) -> None:
    snapshot = see(version, UNSEEN, method).end()
    found = {value.name: (value.unseen, value.writes) for value in snapshot.values}
    assert found == {"past": (True, 0), "field": (True, 0), "through": (False, 8), "soon": (True, 0)}


FREED = """
    import multiprocessing as mp
    import os
    import sys
    import time

    LARGE = 1 << 20

    def until(name):
        while not os.path.exists(os.path.join(sys.argv[2], name)):
            time.sleep(0.01)

    def uses(array, go):
        for number in (1.0, 2.0):
            go.get()
            array[0] = number
        go.get()

    def makes(number):
        own = mp.Array("i", [number, 5, 5])

    def start(go):
        lent = mp.Array("d", LARGE, lock=False)
        child = mp.Process(target=uses, args=(lent, go))
        child.start()
        return child

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        go = mp.SimpleQueue()
        child = start(go)
        go.put(1)
        for number in range(5):
            freed = mp.Array("d", LARGE)
            freed[0] = number
            time.sleep(0.1)
            del freed
        for number in range(5):
            maker = mp.Process(target=makes, args=(number,))
            maker.start()
            maker.join()
        until("freed")
        go.put(1)
        until("written")
        go.put(1)
        child.join()
"""


@ALL
def test_freed_shared_memory_is_closed(version: str, method: str, see: See, tmp_path: Path) -> None:
    """The observer must close shared memory that the program has freed, and still show memory that a child uses."""

    def arenas() -> int:
        found = 0
        for link in Path("/proc/self/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # another thread has just closed it
                found += "/pym-" in str(link.readlink())
        return found

    gc.collect()
    before = arenas()
    seen = see(version, FREED, method, str(tmp_path))
    snapshot = seen.until(lambda snapshot: len(snapshot.values) == 11 and arenas() == before + 1, "arenas are kept")
    assert numbers(value(snapshot, "lent"))[0] == 1.0
    assert sorted(numbers(value)[0] for value in snapshot.values if value.name.startswith("own")) == [0, 1, 2, 3, 4]
    assert sorted(numbers(value)[0] for value in snapshot.values if value.name.startswith("freed")) == [0, 1, 2, 3, 4]
    (tmp_path / "freed").touch()
    seen.until(lambda snapshot: numbers(value(snapshot, "lent"))[0] == 2.0, "the child's Array is not seen any more")
    (tmp_path / "written").touch()
    seen.end()


TRUNCATED = """
    import multiprocessing as mp
    import os
    import sys
    import time

    def until(name):
        while not os.path.exists(os.path.join(sys.argv[2], name)):
            time.sleep(0.01)

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        lost, queue = mp.Value("i", 7), mp.Queue()
        until("seen")
        os.ftruncate(lost.get_obj()._wrapper._state[0][0].fd, 0)
        queue.put("truncated")
        queue.get()
        until("done")
"""


@ALL
def test_truncated_memory_ends_no_process(version: str, method: str, see: See, tmp_path: Path) -> None:
    """The rest of the content is not shown, and everything else of the program is observed as before."""
    seen = see(version, TRUNCATED, method, str(tmp_path))
    seen.until(lambda snapshot: snapshot.values and value(snapshot, "lost").value == 7, "the Value is not seen")
    (tmp_path / "seen").touch()
    snapshot = seen.until(lambda snapshot: value(snapshot, "lost").value is None, "a lost Value is still shown")
    seen.until(lambda snapshot: snapshot.channels and channel(snapshot, "queue").got == 1, "nothing more is seen")
    assert value(snapshot, "lost").history[-1] == 7
    (tmp_path / "done").touch()
    seen.end()
