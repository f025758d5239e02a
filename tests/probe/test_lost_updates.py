"""Processes that overwrite changes of other processes are found, and correct programs are not blamed."""

from __future__ import annotations

import sys
import textwrap
from itertools import product

import pytest
from rockproc.observer.model import Finding, Severity, Site, Snapshot, Verdict

from tests.parameters import fast_first
from tests.probe.conftest import CURRENT, EDGES, See, edges, ways

_BEGIN = """\
import multiprocessing as mp
import time

def all_at_once(work, *args):
    processes = [mp.Process(target=work, args=(number, *args)) for number in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

"""


def losses(snapshot: Snapshot) -> list[Finding]:
    return [finding for finding in snapshot.findings if finding.rule == "lost-update" and finding.active]


def program(text: str) -> str:
    return _BEGIN + textwrap.dedent(text)


ON_ONE_LINE = """
    def met(gate):
        gate.wait()
        return 1

    def work(number, counter, gate):
        counter.value += met(gate)  # writes

    if __name__ == "__main__":
        counter = mp.Value("i", 0)
        all_at_once(work, counter, mp.Barrier(2))
        counter.value += 1
    """


@pytest.mark.parametrize(("version", "method"), ways())
def test_a_lost_update_on_one_line_is_proved(version: str, method: str, see: See) -> None:
    seen = see(version, program(ON_ONE_LINE), method=method)
    (found,) = losses(seen.end())
    assert (found.severity, found.verdict) == (Severity.WARNING, Verdict.CERTAIN)
    assert found.site == Site(seen.run.launch.script, seen.line("writes"))
    assert found.message.startswith("1 update of counter was lost")
    assert "and no lock was held from the read to the write" in found.message
    assert "with counter.get_lock():" in found.advice


COUNTS = """
    def work(number, counter):
        for _ in range(5000):
            counter.value += 1

    if __name__ == "__main__":
        counter = mp.Value("i", 0)
        all_at_once(work, counter)
        print("lost", 10_000 - counter.value)
    """


@pytest.mark.parametrize("version", edges(0))
def test_the_number_of_lost_updates_is_exact(version: str, see: See) -> None:
    seen = see(version, program(COUNTS))
    found = losses(seen.end())
    lost = int(seen.output().split()[-1])
    assert [item.fields["count"].split()[0] for item in found if item.severity is Severity.WARNING] == [str(lost)] * (
        lost > 0
    )


ON_TWO_LINES = """
    def work(number, balance, gate):
        old = balance.value  # reads
        gate.wait()
        balance.value = old + 1  # writes

    if __name__ == "__main__":
        balance = mp.Value("d", 0)
        all_at_once(work, balance, mp.Barrier(2))
    """


def test_a_loss_between_two_lines_is_suspected(see: See) -> None:
    seen = see(CURRENT, program(ON_TWO_LINES))
    (found,) = losses(seen.end())
    assert (found.severity, found.verdict) == (Severity.WARNING, Verdict.SUSPECTED)
    assert f"read at program.py:{seen.line('reads')}, written at" in found.message


A_FIELD = """
    import ctypes

    class Point(ctypes.Structure):
        _fields_ = [("x", ctypes.c_double), ("y", ctypes.c_int)]

    def met(gate):
        gate.wait()
        return 1

    def work(number, point, gate):
        point.y += met(gate)  # writes

    if __name__ == "__main__":
        all_at_once(work, mp.Value(Point, 0, 0), mp.Barrier(2))
    """


@pytest.mark.parametrize(("version", "method"), ways())
def test_a_lost_update_of_a_structure_field_is_found(version: str, method: str, see: See) -> None:
    seen = see(version, program(A_FIELD), method=method)
    (found,) = losses(seen.end())
    assert (found.severity, found.verdict) == (Severity.WARNING, Verdict.CERTAIN)
    assert found.message.startswith("1 update of ")
    assert found.site == Site(seen.run.launch.script, seen.line("writes"))


AN_ITEM = """
    def met(gate):
        gate.wait()
        return 1

    def work(number, table, gate):
        table[1] += met(gate)

    if __name__ == "__main__":
        table = mp.Array("i", 3)
        all_at_once(work, table, mp.Barrier(2))
    """


@pytest.mark.parametrize("version", edges(2))
def test_a_lost_update_of_an_array_item_is_found(version: str, see: See) -> None:
    (found,) = losses(see(version, program(AN_ITEM)).end())
    assert found.message.startswith("1 update of table was lost")
    assert "and no lock was held from the read to the write" in found.message


SLICES = """
    def met(old, gate):
        gate.wait()
        return [item + 1 for item in old]

    def work(number, table, gate):
        table[0:2] = met(table[0:2], gate)
        table[2 * number + 2 : 2 * number + 4] = met(table[2 * number + 2 : 2 * number + 4], gate)
        gate.wait()
        table[:] = [0] * len(table)
        table[number + 1 :: 9] = [3]

    if __name__ == "__main__":
        table = mp.Array("i", 6)
        all_at_once(work, table, mp.Barrier(2))
        print(table[:])
    """


@pytest.mark.parametrize("version", edges(0))
def test_a_lost_update_of_a_slice_of_an_array_is_found(version: str, see: See) -> None:
    (found,) = losses(see(version, program(SLICES)).end())
    assert found.message.startswith("1 update of table was lost")
    assert found.site is not None


OWN_LOCKS = """
    lock = mp.Lock()  # made

    def work(number, balance, gate):
        with lock:
            old = balance.value
            gate.wait()
            balance.value = old + 1

    if __name__ == "__main__":
        balance = mp.Value("i", 0)
        all_at_once(work, balance, mp.Barrier(2))
    """


# From 3.14 on, the forkserver imports the main module, and its children share that lock.
@pytest.mark.parametrize(
    ("version", "method"),
    fast_first(
        dict.fromkeys(
            [
                (CURRENT, "forkserver" if sys.version_info < (3, 14) else "spawn"),
                (EDGES[-1], "spawn"),
                (EDGES[0], "spawn"),
            ]
        ),
        2,
    ),
)
def test_a_lock_at_module_level_is_another_one_in_each_child(version: str, method: str, see: See) -> None:
    seen = see(version, program(OWN_LOCKS), method=method)
    (found,) = losses(seen.end())
    assert "the lock that was held is another one in each process: lock, made at" in found.message
    assert f":{seen.line('made')}" in found.message
    assert "pass it to each of them as an argument" in found.advice


OTHER_LOCKS = """
    def met(gate):
        gate.wait()
        return 1

    def work(number, balance, gate, first, second):
        with first if number else second:
            balance.value += met(gate)

    if __name__ == "__main__":
        balance = mp.Value("i", 0)
        all_at_once(work, balance, mp.Barrier(2), mp.Lock(), mp.Lock())
    """


def test_two_different_locks_are_named(see: See) -> None:
    (found,) = losses(see(CURRENT, program(OTHER_LOCKS)).end())
    assert "and they hold different locks: " in found.message
    assert "Use the same lock in all processes" in found.advice


AT_RISK = """
    def work(number, counter):
        for _ in range(20):
            time.sleep(0.1 if number else 0.11)
            counter.value += 1

    if __name__ == "__main__":
        counter = mp.Value("i", 0)
        all_at_once(work, counter)
    """


def test_an_unprotected_update_without_loss_is_a_hint(see: See) -> None:
    found = losses(see(CURRENT, program(AT_RISK)).end())
    if not any(item.severity is Severity.WARNING for item in found):  # then one was lost by chance
        (hint,) = found
        assert (hint.severity, hint.verdict) == (Severity.INFO, Verdict.SUSPECTED)
        assert "no update was lost this time" in hint.message


CORRECT = {
    "its own lock": """
        def work(number, counter):
            for _ in range(2000):
                with counter.get_lock():
                    counter.value += 1

        if __name__ == "__main__":
            counter = mp.Value("i", 0)
            all_at_once(work, counter)
            assert counter.value == 4000
        """,
    "a lock beside it": """
        def work(number, counter, lock):
            for _ in range(2000):
                lock.acquire()
                counter.value = counter.value + 1
                lock.release()

        if __name__ == "__main__":
            counter = mp.Value("i", 0, lock=True)
            all_at_once(work, counter, mp.Lock())
            assert counter.value == 4000
        """,
    "one writer": """
        def work(number, progress, done):
            if number:
                for _ in range(3000):
                    progress.value += 1
                done.value = 1
            else:
                while not done.value:
                    progress.value

        if __name__ == "__main__":
            all_at_once(work, mp.Value("i", 0), mp.Value("b", 0))
        """,
    "an item for each": """
        def work(number, table):
            for _ in range(2000):
                table[number] += 1

        if __name__ == "__main__":
            table = mp.Array("i", 2)
            all_at_once(work, table)
            assert table[:] == [2000, 2000]
        """,
    "flags": """
        def work(number, stop, gate):
            for _ in range(100):
                if stop.value:
                    break
            gate.wait()
            stop.value = 1

        if __name__ == "__main__":
            all_at_once(work, mp.Value("b", 0), mp.Barrier(2))
        """,
    "one after the other": """
        def work(counter):
            for _ in range(100):
                counter.value += 1
                time.sleep(0.001)

        if __name__ == "__main__":
            counter = mp.Value("i", 0)
            for _ in range(3):
                process = mp.Process(target=work, args=(counter,))
                process.start()
                process.join()
        """,
    "in turns": """
        def work(number, counter, mine, next):
            for _ in range(100):
                mine.recv()
                counter.value += 1
                next.send(None)

        if __name__ == "__main__":
            counter = mp.Value("i", 0)
            one, two = mp.Pipe()
            processes = [mp.Process(target=work, args=(0, counter, one, one)),
                         mp.Process(target=work, args=(1, counter, two, two))]
            for process in processes:
                process.start()
            one.send(None)
            for process in processes:
                process.join()
            assert counter.value == 200
        """,
    "a Condition": """
        def work(number, counter, changed):
            for _ in range(200):
                with changed:
                    counter.value += 1
                    changed.notify()

        if __name__ == "__main__":
            all_at_once(work, mp.Value("i", 0), mp.Condition())
        """,
    "a Structure with a field of some bits": """
        import ctypes

        class Flags(ctypes.Structure):
            _fields_ = [("a", ctypes.c_int, 16), ("b", ctypes.c_int, 16)]

        def work(number, flags):
            for _ in range(1000):
                with flags.get_lock():
                    if number:
                        flags.a += 1
                    else:
                        flags.b += 1

        if __name__ == "__main__":
            all_at_once(work, mp.Value(Flags, 0, 0))
        """,
    "a Structure's fields": """
        import ctypes

        class Point(ctypes.Structure):
            _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_int)]

        def work(number, point):
            for _ in range(1000):
                if number:
                    point.x += 1
                else:
                    point.y += 1

        if __name__ == "__main__":
            all_at_once(work, mp.Value(Point, 0, 0))
        """,
}


FIRST_CORRECT = list(zip(CORRECT, EDGES, strict=False))
"""Three of the programs, each with another version."""


@pytest.mark.parametrize(
    ("name", "version"),
    fast_first([*FIRST_CORRECT, *(pair for pair in product(CORRECT, EDGES) if pair not in FIRST_CORRECT)], 3),
)
def test_correct_programs_are_not_blamed(name: str, version: str, see: See) -> None:
    seen = see(version, program(CORRECT[name]))
    snapshot = seen.end()
    blamed = [finding.message for finding in snapshot.findings if finding.severity is not Severity.INFO]
    assert blamed == []
    assert snapshot.main is not None
    assert snapshot.main.exitcode == 0, seen.output()


RAW = """
    def work(number, counter, lock):
        for _ in range(100):
            {update}

    if __name__ == "__main__":
        counter = {made}
        {start}
    """
RAW_WAYS = {
    "a RawValue": ("counter.value += 1", 'mp.RawValue("i", 0)', "all_at_once(work, counter, mp.Lock())", True),
    "lock=False": ("counter.value += 1", 'mp.Value("i", lock=False)', "all_at_once(work, counter, mp.Lock())", True),
    "a Lock": ("with lock: counter.value += 1", 'mp.RawValue("i", 0)', "all_at_once(work, counter, mp.Lock())", False),
    "another object of this name": (
        "counter.value += 1",
        'mp.Value("i", 0); raw = mp.RawValue("i", 0)',
        "all_at_once(work, counter, None)",
        False,
    ),
    "one after the other": (
        "counter.value += 1",
        'mp.RawValue("i", 0)',
        "[(p := mp.Process(target=work, args=(n, counter, None)), p.start(), p.join()) for n in range(3)]",
        False,
    ),
    "a Lock taken elsewhere": (
        "lock.acquire(); add(counter); lock.release()\n\ndef add(counter):\n    counter.value += 1",
        'mp.RawValue("i", 0)',
        "all_at_once(work, counter, mp.Lock())",
        False,
    ),
}


@pytest.mark.parametrize("way", fast_first(RAW_WAYS, 3))
def test_updates_of_an_object_without_a_lock_are_suspected(way: str, see: See) -> None:
    update, made, start, expected = RAW_WAYS[way]
    seen = losses(see(CURRENT, program(RAW).format(update=update, made=made, start=start)).end())
    found = [finding for finding in seen if "has no lock" in finding.message]
    assert [(finding.severity, finding.verdict) for finding in found] == (
        [(Severity.WARNING, Verdict.SUSPECTED)] if expected else []
    )
    assert all("counter has no lock" in finding.message for finding in found)
