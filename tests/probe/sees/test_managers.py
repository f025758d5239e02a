"""The objects of a manager: their content, and the holders of locks."""

from __future__ import annotations

import re
import signal
from itertools import groupby

import pytest
from rockproc.observer.journals.reader import Record
from rockproc.observer.model import Hold, Snapshot
from rockproc.observer.trackers.managers import ManagerTracker
from rockproc.observer.trackers.source import Source
from rockproc.probe.layout import Kind
from rockproc.probe.records import State

from tests.parameters import fast_first
from tests.probe.conftest import EDGES, See
from tests.probe.sees.found import ALL, process

HOLDS = """
    import multiprocessing as mp
    import sys
    import threading
    import time
    from multiprocessing.managers import BaseManager, SyncManager

    class Account:
        def __init__(self):
            self.owner, self.sum, self._secret = "Ann", [1], 3
        def add(self, number):
            self.sum.append(number)
            self.odd = self
        def __repr__(self):
            raise AssertionError("shown")

    class Bank(SyncManager):
        pass

    class Remote(BaseManager):
        pass

    Bank.register("Account", Account)
    Remote.register("letters", list)

    def takes(lock):
        lock.acquire()
        time.sleep(60)

    def wants(lock):
        lock.acquire()  # wants

    def waits(condition):
        with condition:
            condition.wait()

    def serves(port):
        server = Remote(("localhost", 0), b"key").get_server()
        port.send(server.address)
        server.serve_forever()  # remote

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        bank = Bank()
        bank.start()
        stock, notes, names = bank.dict(a=1), bank.list(), bank.Namespace()
        number, array, account = bank.Value("i", 3), bank.Array("d", [1, 2.5]), bank.Account()
        lock, rlock, condition, event = bank.Lock(), bank.RLock(), bank.Condition(), bank.Event()
        seats, letters, gate = bank.BoundedSemaphore(3), bank.Queue(), bank.Barrier(2)
        for size in range(30):
            notes.append((size, "x" * size))
        stock["b"] = [{"c": 2.5}, None]
        stock["me"] = Account()
        names.one, names._two = 1, 2
        number.value, array[0] = 7, 3
        account.add(5)
        rlock.acquire(), rlock.acquire(), event.set(), seats.acquire(), letters.put("hello")
        taker = mp.Process(target=takes, args=(lock,), name="taker")
        taker.start()
        while lock.acquire(False):
            lock.release()
        others = [mp.Process(target=wants, args=(lock,), name="wanter"),
                  mp.Process(target=waits, args=(condition,), name="waiter")]
        mine, yours = mp.Pipe()
        others.append(mp.Process(target=serves, args=(yours,), name="server"))
        for other in others:
            other.start()
        remote = Remote(mine.recv(), b"key")
        remote.connect()
        far = remote.letters()
        far.append("from far")
        print("there", flush=True)
        for other in others:
            other.join()
"""


@ALL
def test_the_content_of_managed_objects_is_known(version: str, method: str, see: See) -> None:
    seen = see(version, HOLDS, method)

    def held(snapshot: Snapshot) -> dict[str, str]:
        return {managed.name: managed.value for managed in snapshot.managed}

    expected = {
        "stock": "{'a': 1, 'b': [{'c': 2.5}, None], 'me': Account}",
        "names": "one=1",
        "number": "7",
        "array": "[3.0, 2.5]",
        "account": "owner='Ann', sum=[1, 5], odd=Account",
        "lock": "held by taker",
        "rlock": "held by main",
        "condition": "free, 1 wait",
        "event": "set",
        "seats": "2 free",
        "letters": "1 in it: 'hello'",
        "gate": "0 of 2 there",
        "far": "['from far']",
    }
    snapshot = seen.until(lambda snapshot: {**held(snapshot), **expected} == held(snapshot), "not all of it is known")
    notes = held(snapshot)["notes"]
    assert notes.startswith("[(0, ''), (1, 'x'), (2, 'xx')")
    assert len(notes) <= 200
    managers = {manager.name: (manager.cls, manager.pid) for manager in snapshot.managers}
    assert managers == {
        "bank": ("Bank", process(snapshot, "Bank-1").pid),
        "server": ("Server", process(snapshot, "server").pid),
    }
    (far,) = (managed for managed in snapshot.managed if managed.name == "far")
    assert snapshot.managers[[manager.name for manager in snapshot.managers].index("server")].key == far.manager

    def wanted(snapshot: Snapshot) -> tuple[str, str] | None:
        waiting = process(snapshot, "wanter").main_wait
        return (waiting.op, waiting.object) if waiting is not None else None

    seen.until(lambda snapshot: wanted(snapshot) == ("acquire", "lock"), "nobody waits for the lock")
    for found in snapshot.processes:
        seen.run.signal(found.key, signal.SIGKILL)
    seen.end(status=None)


HANDED = """
    import multiprocessing as mp
    import sys
    import time

    def take(kind, lock, gate):
        gate.wait()
        for _ in range(6):
            with lock:
                with lock if kind != "Lock" else mp.Lock():
                    pass
                print(kind, mp.current_process().name, flush=True)
                time.sleep(0.03)

    def see(event):
        for _ in range(5):
            event.set()
            event.clear()

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        with mp.Manager() as manager:
            for kind in "Lock", "RLock", "Condition":
                gate = mp.Barrier(2)
                lock = getattr(manager, kind)()
                children = [mp.Process(target=take, args=(kind, lock, gate), name=kind + name) for name in "ab"]
                for child in children:
                    child.start()
                for child in children:
                    child.join()
            event = manager.Event()
            see(event)
            seats = manager.Semaphore(2)
            for _ in range(5):
                with seats, seats:
                    pass
"""


@ALL
def test_each_holder_of_a_managed_lock_is_reported(
    version: str, method: str, see: See, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported_texts: dict[int, list[str]] = {}
    calls: dict[int, int] = {}
    apply = ManagerTracker.apply

    def note(self: ManagerTracker, source: Source, record: Record, at: float) -> None:
        # Two threads of the server may tell of it in the wrong order: the number of calls says so.
        state = State.unpack(record) if record.kind == Kind.STATE else None
        if state is not None and state.calls >= calls.get(record.key, 0):
            reported_texts.setdefault(record.key, []).append(state.text)
            calls[record.key] = state.calls
        apply(self, source, record, at)

    monkeypatch.setattr(ManagerTracker, "apply", note)
    seen = see(version, HANDED, method)
    snapshot = seen.end()
    texts = {managed.type: [text for text, _ in groupby(reported_texts[managed.key])] for managed in snapshot.managed}
    for kind in "Lock", "RLock", "Condition":
        held = [text.partition(",")[0] for text in texts[kind] if text.startswith("held by")]
        printed = re.findall(rf"\b{kind} (\w+)", seen.output())
        assert len(printed) == 12
        # The same holder is reported again only after "free".
        assert held == [f"held by {name}" for name in printed], texts[kind]
        assert texts[kind][-1].startswith("free")
    assert texts["Event"] == ["not set", *["set", "not set"] * 5]
    assert texts["Semaphore"] == ["2 free", *["1 free", "0 free", "1 free", "2 free"] * 5]


NESTED = """
    import multiprocessing as mp
    import sys

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        with mp.Manager() as manager:
            outer = manager.dict()
            outer["a"] = manager.list()
            for number in range(3):
                outer["a"].append(number)
            print(outer["a"])
"""


@ALL
def test_a_managed_object_inside_another_one_is_followed(version: str, method: str, see: See) -> None:
    """The proxy of the inner object is deleted in its creator, but the object lives on in the server."""
    seen = see(version, NESTED, method)
    snapshot = seen.end()
    assert seen.output() == "[0, 1, 2]"
    (inner,) = [managed for managed in snapshot.managed if managed.type == "list"]
    assert inner.value == "[0, 1, 2]"


ONE_AFTER_ANOTHER = """
    import multiprocessing as mp
    import sys
    from multiprocessing.managers import BaseManager

    class Box:
        # Of a size that nothing else has, so that the next one gets its place.
        __slots__ = tuple("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")

        def __init__(self):
            for name in self.__slots__:
                setattr(self, name, None)

        def set(self, value):
            self.a = value

    class Boxes(BaseManager):
        pass

    Boxes.register("Box", Box)

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        with Boxes() as manager:
            identities = set()
            for number in range(5):
                short = manager.Box()
                identities.add(short._token.id)
                for _ in range(number + 1):
                    short.set(number)
                del short
            kept = manager.Box()
            kept.set(7)
            print(len(identities))
"""


@ALL
def test_managed_objects_with_a_reused_identity_are_distinguished(version: str, method: str, see: See) -> None:
    """The identity of a deleted object is soon given to another object."""
    seen = see(version, ONE_AFTER_ANOTHER, method, detail="full")
    snapshot = seen.end()
    assert int(seen.output()) < 5
    names = ["short", "short#2", "short#3", "short#4", "short#5"]
    assert [(managed.name, managed.calls, managed.last) for managed in snapshot.managed] == [
        *((name, number + 1, f"set({number})") for number, name in enumerate(names)),
        ("kept", 1, "set(7)"),
    ]
    assert len({managed.key for managed in snapshot.managed}) == 6


CROSSED = """
    import multiprocessing as mp
    import sys

    def takes(first, second, both):
        with first:
            both.wait()
            second.acquire()

    def dies(lock):
        lock.acquire()

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        with mp.Manager() as manager:
            left, right, orphan, both = manager.Lock(), manager.Lock(), manager.Lock(), mp.Barrier(2)
            loser = mp.Process(target=dies, args=(orphan,), name="loser")
            loser.start()
            loser.join()
            for name, locks in (("a", (left, right)), ("b", (right, left))):
                mp.Process(target=takes, args=(*locks, both), name=name, daemon=True).start()
            orphan.acquire()
"""


@ALL
def test_managed_locks_of_ended_holders_are_found(version: str, method: str, see: See) -> None:
    seen = see(version, CROSSED, method)

    def found(snapshot: Snapshot) -> dict[str, tuple[str, set[str]]]:
        names = {process.key: process.name for process in snapshot.processes}
        active = [finding for finding in snapshot.findings if finding.active]
        return {child.rule: (child.message, {names[key] for key in child.processes}) for child in active}

    snapshot = seen.until(lambda snapshot: {"deadlock", "holder-died"} <= found(snapshot).keys(), "it is not found")
    message, inside = found(snapshot)["deadlock"]
    assert inside == {"a", "b"}
    assert re.search(r"a waits to acquire right \(program\.py:\d+\), which b holds", message)
    message, inside = found(snapshot)["holder-died"]
    assert inside == {"loser"}
    seen.until(
        lambda snapshot: re.fullmatch(
            r"loser ended \(exit 0\) while it held orphan; main will wait forever \(program\.py:\d+\)",
            found(snapshot)["holder-died"][0],
        ),
        "nobody waits for the lock of the dead",
    )
    for ended in seen.run.snapshot().processes:
        if ended.role != "resource tracker":  # which unlinks the semaphores when the others are gone
            seen.run.signal(ended.key, signal.SIGKILL)
    seen.end(status=None)


TWINS = """
    import multiprocessing as mp
    import sys
    import threading

    def hold(lock, held, done, in_thread):
        def acquire():
            lock.acquire()
            held.set()
            done.wait()

        if in_thread:
            thread = threading.Thread(target=acquire)
            thread.start()
            thread.join()
        else:
            acquire()

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        with mp.Manager() as manager:
            done = mp.Event()
            for number in range(2):
                held = mp.Event()
                arguments = manager.Lock(), held, done, number == 1
                mp.Process(target=hold, args=arguments, name="twin").start()
                held.wait()
            mp.Event().wait()
"""


@pytest.mark.parametrize(("version", "method"), fast_first([(EDGES[-1], "spawn"), (EDGES[0], "fork")]))
def test_holders_of_managed_locks_with_equal_names_are_distinguished(version: str, method: str, see: See) -> None:
    """Each lock is held by the process that has acquired it, and not by the other process of the same name."""
    seen = see(version, TWINS, method)

    def holders(snapshot: Snapshot) -> list[Hold]:
        return [managed.held_by for managed in snapshot.managed if managed.held_by is not None]

    snapshot = seen.until(lambda snapshot: len(holders(snapshot)) == 2)
    twins = [process for process in snapshot.processes if process.name.startswith("twin")]
    first, second = sorted(twins, key=lambda twin: twin.created or 0.0)
    # A thread other than the main one is 0.
    expected = [(first.key, first.main_thread), (second.key, 0)]
    assert [(hold.process, hold.thread) for hold in holders(snapshot)] == expected
