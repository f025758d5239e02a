"""Messages of Queues and Pipes: their senders and receivers, lost items, and the present content."""

from __future__ import annotations

import re

from rockproc.observer.model import Site

from tests.messages import content_of
from tests.probe.conftest import CURRENT, See
from tests.probe.sees.found import ALL, channel, name_of

CHANNELS = """
    import multiprocessing as mp
    import sys

    def produce(name, tasks, jobs, simple, writer):
        for number in range(10):
            tasks.put((name, number))
            jobs.put((name, number))
        simple.put(name)
        writer.send([name])

    def consume(name, tasks, jobs, simple, done):
        while True:
            item = tasks.get()  # get
            if item is None:
                break
            print(name, "got", item, flush=True)
        for _ in range(10):
            jobs.get(timeout=30)
            jobs.task_done()
        done.put(simple.get())

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        tasks = mp.Queue()  # tasks
        jobs, done = mp.JoinableQueue(20), mp.SimpleQueue()
        simple = mp.SimpleQueue()
        pairs = [mp.Pipe(False) for _ in range(2)]
        left, right = mp.Pipe()
        names = "first", "second"
        producers = [mp.Process(target=produce, args=(name, tasks, jobs, simple, pair[1]), name=name)
                     for name, pair in zip(names, pairs)]
        consumers = [mp.Process(target=consume, args=(name, tasks, jobs, simple, done), name=name)
                     for name in ("third", "fourth")]
        for process in producers + consumers:
            process.start()
        for reader, _ in pairs:
            reader.recv()
        for process in producers:
            process.join()
        for _ in consumers:
            tasks.put(None)
        jobs.join()
        done.get(), done.get()
        left.send("there"), right.send(b"and back"), right.recv(), left.recv()
        right.send_bytes(b"raw" * 20), left.recv_bytes()
        for process in consumers:
            process.join()
        tasks.put("left over")
"""


@ALL
def test_counts_and_messages_of_channels_are_exact(version: str, method: str, see: See) -> None:
    seen = see(version, CHANNELS, method)
    snapshot = seen.end()
    tasks, jobs = channel(snapshot, "tasks"), channel(snapshot, "jobs")
    assert (tasks.kind, tasks.put, tasks.got, tasks.depth, tasks.maxsize) == ("Queue", 23, 22, 1, None)
    assert (jobs.kind, jobs.put, jobs.got, jobs.depth, jobs.maxsize) == ("JoinableQueue", 20, 20, 0, 20)
    assert tasks.buffered == 0
    assert tasks.site is not None
    assert tasks.site.line == seen.line("tasks")
    for name in "done", "simple":
        found = channel(snapshot, name)
        assert (found.kind, found.put, found.got) == ("SimpleQueue", 2, 2)
    pipe = channel(snapshot, "left ⇄ right")
    assert (pipe.kind, pipe.ends, pipe.duplex, pipe.put, pipe.got) == ("Pipe", ("left", "right"), True, 3, 3)
    for number in range(2):
        found = channel(snapshot, f"pairs[{number}]")
        assert (found.kind, found.put, found.got, found.duplex) == ("Pipe", 1, 1, False)
    assert not any(channel.sampled for channel in snapshot.channels)
    messages = {id(event.message): event.message for event in snapshot.messages.since(0)[1]}.values()
    printed = set(re.findall(r"(\w+) got \('(\w+)', (\d)\)", seen.output()))
    received: set[tuple[str, str, str]] = set()
    for message in messages:
        found = re.match(r"\('(\w+)', (\d)\)", content_of(message))
        if message.channel == tasks.key and found:
            assert name_of(snapshot, message.sender) == found[1]
            received.add((name_of(snapshot, message.receiver), found[1], found[2]))
            assert message.got_site is not None
            assert message.got_site.line == seen.line("get")
        if message.received is not None:
            assert message.latency is not None
            assert message.latency >= 0
            assert message.sender is not None
    assert received == printed
    assert len(received) == 20
    sides = [message for message in messages if message.channel == pipe.key]
    assert [content_of(side) for side in sides] == ["'there'", "b'and back'", repr("raw" * 20)]


LOSES = """
    import multiprocessing as mp
    import multiprocessing.util
    import sys
    import threading
    import time

    class Odd:
        def __getstate__(self):
            raise IndexError("odd")

    class Late:
        def __getstate__(self):
            while not mp.util.is_exiting():
                time.sleep(0.01)
            raise ValueError(self)

    def produce(some):
        some.put({"id": 1})  # 1
        some.put({"id": 2, "key": lambda x: x})  # 2
        some.put(Odd())
        some.put({"id": 3})  # 3
        time.sleep(1)

    def leave(last):
        last.put(1)
        last.put(Late())
        last.put(2)
        last.put(3)

    def both(shared):
        def a():
            for number in range(10):
                shared.put("a")  # a
        def b():
            for number in range(10):
                shared.put("b")  # b
        threads = [threading.Thread(target=target) for target in (a, b)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        some, last, unread, shared = mp.Queue(), mp.JoinableQueue(), mp.Queue(), mp.Queue()
        children = [mp.Process(target=target, args=(queue,), name=target.__name__)
                    for target, queue in ((produce, some), (leave, last), (both, shared))]
        for child in children:
            child.start()
        print(some.get(), some.get(), last.get(), [shared.get() for _ in range(20)] and "there")
        for child in children:
            child.join()
        unread._ignore_epipe = True
        unread._reader.close()
        unread.put(1)
        unread._thread.join()
"""


@ALL
def test_items_that_the_feeder_cannot_send_are_lost(version: str, method: str, see: See) -> None:
    seen = see(version, LOSES, method)
    snapshot = seen.end()
    assert "{'id': 1} {'id': 3} 1 there" in seen.output()

    def counts(name: str) -> tuple[int, ...]:
        found = channel(snapshot, name)
        return found.put, found.got, found.lost, found.depth, found.buffered

    assert counts("some") == (4, 2, 2, 0, 0)
    assert channel(snapshot, "some").lost_because == "IndexError: odd"
    assert counts("last") == (4, 1, 3, 0, 0)
    assert channel(snapshot, "last").lost_because == "ValueError(Late) (and 2 behind it)"
    assert counts("unread") == (1, 0, 1, 0, 0)
    assert "Broken pipe" in channel(snapshot, "unread").lost_because
    events = snapshot.messages.since(0)[1]

    def messages_of(name: str) -> list[tuple[str, int | None, str]]:
        key = channel(snapshot, name).key
        found = [event.message for event in events if event.message.channel == key and event.op == "put"]
        lines = [item.put_site.line if item.put_site is not None else None for item in found]
        return [
            (content_of(message), line, message.lost_because.partition(":")[0])
            for message, line in zip(found, lines, strict=True)
        ]

    first, second, odd, third = messages_of("some")
    assert first == ("{'id': 1}", seen.line("1"), "")
    assert second[:2] == ("", seen.line("2"))
    assert second[2] in ("AttributeError", "PicklingError")
    assert odd == ("", seen.line("2") + 1, "IndexError")
    assert third == ("{'id': 3}", seen.line("3"), "")
    assert [line[::2] for line in messages_of("last")] == [
        ("1", ""),
        ("", "ValueError(Late)"),
        ("", "behind one that was lost"),
        ("", "behind one that was lost"),
    ]
    # Each message is one, from its put to its arrival, whichever of two threads put it.
    for name in "some", "last", "shared":
        key = channel(snapshot, name).key
        for event in events:
            message = event.message
            if message.channel == key:
                assert message.put is not None, event
                assert (message.sent is None) == (message.lost is not None), event
    for name in "ab":
        assert messages_of("shared").count((repr(name), seen.line(name), "")) == 10


def test_an_unpicklable_item_is_a_finding(see: See) -> None:
    seen = see(
        CURRENT,
        """
        import multiprocessing as mp

        if __name__ == "__main__":
            queue = mp.Queue()
            for item in 1, lambda: 0, 2:
                queue.put(item)  # puts
            print(queue.get(), queue.get())
    """,
    )
    snapshot = seen.end()
    queue = channel(snapshot, "queue")
    assert (queue.put, queue.got, queue.lost, queue.depth, queue.buffered) == (3, 2, 1, 0, 0)
    assert "pickle" in queue.lost_because
    sent = [event.message for event in snapshot.messages.since(0)[1] if event.op == "sent"]
    assert [message.put is not None for message in sent] == [True, True]
    (found,) = snapshot.findings
    assert (found.rule, found.severity, found.verdict) == ("unpicklable", "warning", "certain")
    assert found.message.startswith(
        f"an item that main has put into queue at {found.site} could not be pickled, and it will never be received: "
    )
    assert found.site == Site(seen.run.launch.script, seen.line("puts"))


SAMPLED = """
    import multiprocessing as mp
    import sys
    import time

    def produce(queue):
        queue.put("first")
        queue.put(lambda: 0)
        for number in range(1, 3000):
            queue.put((number % 2, "x"))  # put
            if number % 2:
                queue.put((number % 2, "y"))  # odd
            time.sleep(0.0002)

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        queue = mp.Queue()
        child = mp.Process(target=produce, args=(queue,))
        child.start()
        for _ in range(4500):
            queue.get()
        child.join()
"""


@ALL
def test_messages_are_matched_after_a_loss_when_sampled(version: str, method: str, see: See) -> None:
    seen = see(version, SAMPLED, method)
    snapshot = seen.end()
    queue = channel(snapshot, "queue")
    assert (queue.put, queue.got, queue.lost, queue.depth, queue.sampled) == (4501, 4500, 1, 0, True)
    steps = [event for event in snapshot.messages.since(0)[1] if event.message.channel == queue.key]
    late = [event.message for event in steps if event.op == "sent" and content_of(event.message) != "'first'"]
    whole = [message for message in late if message.put is not None]
    assert len(whole) > 20
    assert len(whole) > len(late) / 2
    lines = {"(1, 'x')": "put", "(0, 'x')": "put", "(1, 'y')": "odd"}
    for message in whole:
        assert message.put_site is not None
        assert message.put_site.line == seen.line(lines[content_of(message)])


def test_a_channel_has_a_history_of_its_depth(see: See) -> None:
    seen = see(
        CURRENT,
        """\
        import multiprocessing as mp, time
        if __name__ == "__main__":
            tasks = mp.SimpleQueue()
            for number in range(5):
                tasks.put(number)
            time.sleep(100)
        """,
    )
    snapshot = seen.until(
        lambda snapshot: any(channel.depths[-1:] == (5,) for channel in snapshot.channels), "it notes no depth of 5"
    )
    tasks = channel(snapshot, "tasks")
    assert len(tasks.depths) == len(tasks.rates) <= 60
    assert set(tasks.rates) == {0.0}
