"""Subclasses of what is observed, and objects that carry it."""

import multiprocessing as mp
import multiprocessing.connection
import multiprocessing.queues
import multiprocessing.synchronize
import sys


class Inbox(multiprocessing.queues.Queue):
    def __init__(self, maxsize=0, *, ctx):
        super().__init__(maxsize, ctx=ctx)
        self.count = 0

    def __getstate__(self):
        return super().__getstate__(), self.count

    def __setstate__(self, state):
        state, self.count = state
        super().__setstate__(state)

    def put(self, item, *args, **kwargs):
        self.count += 1
        super().put((self.count, item), *args, **kwargs)


class Simple(multiprocessing.queues.SimpleQueue):
    def get(self):
        return "simple", super().get()


class Mutex(multiprocessing.synchronize.Lock):
    def __enter__(self):
        print("enter")
        return super().__enter__()

    def acquire_twice(self):
        return self.acquire(), self.acquire(timeout=0.01)


class Service(mp.Process):
    """Its `__init__` forgets nothing, its objects are attributes, and it overrides what it likes."""

    def __init__(self, inbox, lock):
        super().__init__()
        self.inbox, self.lock, self.ready = inbox, lock, mp.Event()
        self.total = mp.Value("i", 0)

    def start(self):
        print("starting")
        super().start()

    def run(self):
        self.ready.set()
        while True:
            number, item = self.inbox.get()
            if item is None:
                break
            with self.lock:
                self.total.value += item

    def join(self, timeout=None):
        super().join(timeout)
        print("joined", self.exitcode)


class Held:
    def __del__(self):
        print("let go")


class Looks(mp.Process):
    """At its own variables, before and after that of the class above."""

    def __init__(self, first, second=2):
        given, held = locals(), Held()
        super().__init__()
        del held
        print("made", sorted(given))


class Slotted:
    __slots__ = ("lock", "queue")

    def __init__(self):
        self.lock, self.queue = mp.RLock(), mp.SimpleQueue()


def uses(slotted, simple, mutex):
    with slotted.lock, slotted.lock:
        slotted.queue.put("slotted")
    simple.put(1)
    with mutex:
        pass
    print(mutex.acquire_twice())
    sys.stdout.flush()
    mutex.release()


def traced(method, calls):
    def call(*args):
        calls.append(args)
        return method(*args)

    return call


def own_methods():
    """Of a lock, and of the wrapper of a value."""
    calls = []
    lock = mp.RLock()
    lock.acquire = traced(lock.acquire, calls)
    number, other = mp.Value("i", 0, lock=lock), mp.Value("i", 0)
    other.release = traced(other.release, calls)
    number.value += 1
    other.value += 1
    print(len(calls), number.value, other.value)


if __name__ == "__main__":
    mp.set_start_method(sys.argv[1])
    own_methods()
    Looks(1)
    inbox, lock = Inbox(ctx=mp.get_context()), mp.RLock()
    service = Service(inbox, lock)
    service.start()
    service.ready.wait()
    for number in range(5):
        inbox.put(number)
    inbox.put(None)
    service.join()
    print(service.total.value, inbox.count)
    sys.stdout.flush()
    slotted, simple, mutex = Slotted(), Simple(ctx=mp.get_context()), Mutex(ctx=mp.get_context())
    child = mp.Process(target=uses, args=(slotted, simple, mutex))
    child.start()
    child.join()
    print(slotted.queue.get(), simple.get(), child.exitcode)
