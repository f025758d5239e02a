"""Objects in managers: their results and errors, and code of the program that nobody else may call."""

import multiprocessing as mp
import sys
import threading
import traceback
from multiprocessing.managers import BaseManager, SyncManager


def attempt(function, *args, **kwargs):
    try:
        print(function(*args, **kwargs))
    except Exception:
        traceback.print_exc(file=sys.stdout)
    sys.stdout.flush()


class Shy:
    """Tells of every look at it."""

    looks = 0

    def __init__(self):
        self.seen = 0

    def __getattribute__(self, name):
        if name == "__dict__":
            Shy.looks += 1
        return object.__getattribute__(self, name)

    def __repr__(self):
        Shy.looks += 1
        return "shy"

    __str__ = __len__ = __iter__ = __repr__

    def __eq__(self, other):
        Shy.looks += 1
        return NotImplemented

    __hash__ = None

    def accesses(self):
        return Shy.looks

    def fail(self, error):
        raise error


class Hidden:
    @property
    def __dict__(self):
        Shy.looks += 1
        return {}

    def looks(self):
        return Shy.looks


class Items(list):
    def __iter__(self):
        Shy.looks += 1
        return list.__iter__(self)

    def looks(self):
        return Shy.looks


class Own(SyncManager):
    pass


class Far(BaseManager):
    pass


for kind in (Shy, Hidden, Items):
    Own.register(kind.__name__, kind)
Far.register("get", dict)


def serve(pipe):
    server = Far(("localhost", 0), b"key").get_server()
    pipe.send(server.address)
    server.serve_forever()


def locked(lock, done):
    with lock:
        done.set()


if __name__ == "__main__":
    mp.set_start_method(sys.argv[1])
    with Own() as manager:
        shy, hidden, items = manager.Shy(), manager.Hidden(), manager.Items()
        shared, listed = manager.dict(), manager.list([1])
        shared["self"] = Shy()
        listed.append(Items([1, 2]))
        shared["proxy"] = listed
        print(shy.accesses(), hidden.looks(), items.looks(), shared["proxy"], len(listed))
        attempt(shy.fail, LookupError("asked for"))
        attempt(shy.fail, 5)
        attempt(shared.__getitem__, "nothing")
        attempt(listed.pop, 99)
        attempt(hidden._callmethod, "nothing")
        attempt(manager.Array, "no code", [])
        attempt(listed.append, threading.Lock())
        print(shy.accesses(), str(manager.Namespace(a=1)), repr(manager.Value("i", 2)))
        lock, condition, queue = manager.RLock(), manager.Condition(), manager.Queue(2)
        attempt(lock.release)
        attempt(queue.get, timeout=0.01)
        with condition:
            attempt(condition.wait, 0.01)
        attempt(condition.notify)
        done = manager.Event()
        child = mp.Process(target=locked, args=(lock, done))
        child.start()
        attempt(done.wait)
        child.join()
        pool = manager.Pool(1)
        print(pool.map(abs, [-1, 2]), type(pool).__name__)
        pool.terminate()
        print(manager._number_of_objects() if hasattr(manager, "_number_of_objects") else None)
        del shared, listed
        print(shy.accesses())
    attempt(shy.accesses)
    mine, yours = mp.Pipe()
    server = mp.Process(target=serve, args=(yours,), daemon=True)
    server.start()
    address = mine.recv()
    far = Far(address, b"key")
    far.connect()
    distant = far.get()
    distant.update(a=1)
    print(distant)
    attempt(Far(address, b"another").connect)
    server.terminate()
    server.join()
    attempt(distant.copy)
