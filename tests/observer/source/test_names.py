"""Objects get the names that the statements which make them give to them."""

from __future__ import annotations

from pathlib import Path

import pytest
from rockproc.observer.model import Site
from rockproc.observer.source.names import ObjectNames


def names(folder: Path, text: str, *made: tuple[str, int]) -> list[str]:
    """Return the names of objects of these kinds, made one after the other at these lines."""
    path = folder / "program.py"
    path.write_text(text)
    found = ObjectNames()
    return [found.name(kind, Site(str(path), line)).text for kind, line in made]


@pytest.mark.parametrize(
    ("text", "made", "expected"),
    [
        ("tasks = Queue()", [("Queue", 1)], ["tasks"]),
        ("tasks = mp.Queue(3)", [("Queue", 1)], ["tasks"]),
        ("tasks: Queue = ctx.Queue()", [("Queue", 1)], ["tasks"]),
        ("tasks = other = Queue()", [("Queue", 1)], ["tasks"]),
        ("a, b = Pipe()", [("Pipe", 1)], ["a ⇄ b"]),
        ("a, b = Pipe()", [("Pipe", 1)] * 2, ["a ⇄ b", "a#2 ⇄ b#2"]),
        ("(a, b) = mp.Pipe(False)", [("Pipe", 1)], ["a ⇄ b"]),
        ("[a, self.b] = Pipe()", [("Pipe", 1)], ["a ⇄ self.b"]),
        ("ends = Pipe()", [("Pipe", 1)], ["ends"]),
        ("a, b = Queue(), Queue()", [("Queue", 1)] * 2, ["a", "b"]),
        ("a, b, c = Queue(), Lock(), Queue()", [("Queue", 1), ("Lock", 1), ("Queue", 1)], ["a", "b", "c"]),
        ("a, b, c = Queue(), JoinableQueue(), Queue()", [("Queue", 1)] * 2, ["a", "c"]),
        ("a, b = JoinableQueue(), SimpleQueue()", [("JoinableQueue", 1), ("SimpleQueue", 1)], ["a", "b"]),
        ("a, b = Lock(), RLock()", [("Lock", 1), ("RLock", 1)], ["a", "b"]),
        ("(a, b), c = Pipe(), Queue()", [("Pipe", 1), ("Queue", 1)], ["a ⇄ b", "c"]),
        ("queues = [Queue() for _ in range(3)]", [("Queue", 1)] * 3, ["queues[0]", "queues[1]", "queues[2]"]),
        ("queues = [Queue(), Queue()]", [("Queue", 1)] * 2, ["queues[0]", "queues[1]"]),
        ("queues = (None, Queue())", [("Queue", 1)], ["queues[1]"]),
        ("queues = [\n  Queue(),\n  Queue(),\n]", [("Queue", 2), ("Queue", 3)], ["queues[0]", "queues[1]"]),
        ("queues = list(Queue() for _ in 'ab')", [("Queue", 1)] * 2, ["queues[0]", "queues[1]"]),
        ("queues = {'in': Queue(), 'out': Queue()}", [("Queue", 1)] * 2, ["queues['in']", "queues['out']"]),
        ("locks = {n: Lock() for n in 'ab'}", [("Lock", 1)] * 2, ["locks[0]", "locks[1]"]),
        ("pairs = [Pipe() for _ in 'ab']", [("Pipe", 1)] * 2, ["pairs[0]", "pairs[1]"]),
        ("queues.append(Queue())", [("Queue", 1)] * 2, ["queues[0]", "queues[1]"]),
        ("self.queues.append(Queue())", [("Queue", 1)], ["self.queues[0]"]),
        ("queues['x'] = Queue()", [("Queue", 1)], ["queues['x']"]),
        ("config.inbox = Queue()", [("Queue", 1)], ["config.inbox"]),
        ("with Manager() as manager:\n    pass", [("Manager", 1)], ["manager"]),
        ("with Pool() as pool, Pool() as other: pass", [("Pool", 1)] * 2, ["pool", "other"]),
        ("a = Lock(); b = Lock()", [("Lock", 1)] * 3, ["a", "b", "a#2"]),
        ("a, b = Queue(), Queue(); c = Queue()", [("Queue", 1)] * 4, ["a", "b", "c", "a#2"]),
        ("a = Queue(); b = [Queue() for _ in x]", [("Queue", 1)] * 2, ["Queue-1", "Queue-2"]),
        ("a, b = Pipe(); c, d = Pipe(); e = Queue()", [("Pipe", 1)] * 2, ["a ⇄ b", "c ⇄ d"]),
        ("if x: a = Lock(); b = Lock()", [("Lock", 1)] * 2, ["a", "b"]),
        ("if x:\n    tasks = Queue()\nelse:\n    tasks = None", [("Queue", 2)], ["tasks"]),
        ("try:\n    tasks = Queue()\nexcept E:\n    other = Queue()", [("Queue", 4)], ["other"]),
        ("match x:\n    case 1:\n        tasks = Queue()", [("Queue", 3)], ["tasks"]),
        ("for _ in x:\n    tasks = Queue()", [("Queue", 2)] * 2, ["tasks", "tasks#2"]),
        ("tasks = (\n    Queue()\n)", [("Queue", 2)], ["tasks"]),
        ("tasks = make()", [("Queue", 1)] * 2, ["Queue-1", "Queue-2"]),
        ("return Queue()", [("Queue", 1)], ["Queue-1"]),
        ("work(Queue())", [("Queue", 1)], ["Queue-1"]),
        ("x = 1; tasks = Queue()", [("Queue", 1)], ["tasks"]),
        ("counter = sharedctypes.RawValue('i')", [("RawValue", 1)], ["counter"]),
        ("counter = Value('i', lock=False)", [("RawValue", 1)], ["counter"]),
        ("grid = Array('i', 3)", [("Array", 1)], ["grid"]),
        ("inbox = Inbox(ctx=ctx)", [("Queue", 1)], ["Queue-1"]),
        ("inbox = PriorityQueue(ctx=ctx)", [("Queue", 1)], ["inbox"]),
        ("tasks = Queue(", [("Queue", 1)], ["Queue-1"]),
        ("", [("Queue", 7)], ["Queue-1"]),
        ("(tasks := Queue()).put(1)", [("Queue", 1)], ["tasks"]),
        ("tasks = Queue() if x else None", [("Queue", 1)], ["tasks"]),
        ("tasks = tasks or Queue()", [("Queue", 1)], ["tasks"]),
        ("worker = Worker(Queue())", [("Queue", 1)], ["Queue-1"]),
        ("a = 'x'\n'''\n\n'''\nb = Queue()", [("Queue", 5)], ["b"]),
    ],
)
def test_objects_are_named_by_their_statements(
    tmp_path: Path, text: str, made: list[tuple[str, int]], expected: list[str]
) -> None:
    assert names(tmp_path, text, *made) == expected


def test_attributes_are_named_after_their_class(tmp_path: Path) -> None:
    text = "class Worker(Process):\n    def __init__(self):\n        self.inbox = Queue()\n    inbox = Lock()\n"
    assert names(tmp_path, text, ("Queue", 3), ("Queue", 3), ("Lock", 4)) == ["Worker.inbox", "Worker.inbox#2", "inbox"]


def test_an_object_without_source_gets_a_default_name(tmp_path: Path) -> None:
    found = ObjectNames()
    assert found.name("Queue", None).text == "Queue-1"
    for path in (tmp_path / "missing.py", tmp_path):
        assert found.name("Lock", Site(str(path), 1)).text.startswith("Lock-")
    assert found.name("Lock", Site("<stdin>", 1)).text == "Lock-3"


@pytest.mark.parametrize(
    "data", [b"\xff\xfe\x00", b"tasks = Queue()\0", b"(" * 5000, b"-" * 100_000 + b"1", b"# coding: nothing\n"]
)
def test_an_unparsable_file_gives_no_names(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "program.py"
    path.write_bytes(data)
    assert ObjectNames().name("Queue", Site(str(path), 1)).text == "Queue-1"
