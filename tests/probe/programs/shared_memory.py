"""SharedMemory and ShareableLists: their errors, their pickles, what is left of them, and the last of them to go."""

import builtins
import multiprocessing as mp
import os
import pickle
import sys
import traceback
from multiprocessing import shared_memory
from multiprocessing.managers import SharedMemoryManager

NAME = os.environ["ROCKPROC_TEST"][:12]


class Sized(shared_memory.SharedMemory):
    def __init__(self, name, create=False, size=100):
        super().__init__(name, create, size if create else 0)
        self.more = "mine"


class Odd(shared_memory.SharedMemory):
    """Cannot be hashed, compared, or shown."""

    __hash__ = None

    def __eq__(self, other):
        raise AssertionError

    def __repr__(self):
        raise AssertionError


def left():
    return sorted(name for name in os.listdir("/dev/shm") if name.startswith(NAME))


def attempt(function, *args, **kwargs):
    try:
        print(function(*args, **kwargs))
    except Exception:
        traceback.print_exc(file=sys.stdout)
    sys.stdout.flush()


def work(memory, items, odd_name):
    memory.buf[0] += 1
    items[1] = "child"
    odd = Odd(odd_name)
    odd.buf[0] = 7
    print(left(), len(list(items)), memory.size)
    attempt(shared_memory.SharedMemory, NAME + "nobody")
    if memory.buf[0] == 2:
        os._exit(3)
    odd.close()


if __name__ == "__main__":
    mp.set_start_method(sys.argv[1])
    attempt(shared_memory.SharedMemory)
    attempt(shared_memory.SharedMemory, create=True, size=-1)
    attempt(shared_memory.SharedMemory, NAME + "absent")
    attempt(shared_memory.ShareableList, [object()])
    memory = shared_memory.SharedMemory(NAME, True, 5000)
    attempt(shared_memory.SharedMemory, NAME, True, 10)
    print(memory, memory.name, memory.size, len(pickle.dumps(memory)))
    items = shared_memory.ShareableList([1, "text", 2.5, None, b"x", True], name=NAME + "list")
    print(items, len(pickle.dumps(items)), items.format)
    attempt(items.__setitem__, 1, "far too long for this place")
    attempt(items.__getitem__, 99)
    sized, odd = Sized(NAME + "sized", True), Odd(NAME + "odd", True, 8)
    print(sized.more, pickle.loads(pickle.dumps(sized)).size, sized.buf[:3].tobytes())
    for _ in range(2):
        child = mp.Process(target=work, args=(memory, items, odd.name))
        child.start()
        child.join()
        print(child.exitcode, memory.buf[0], list(items), odd.buf[0])
    view = memory.buf[:10]
    attempt(memory.close)
    view.release()
    attempt(memory.close)
    attempt(memory.close)
    attempt(memory.unlink)
    attempt(memory.unlink)
    attempt(lambda: items[0])
    items.shm.close()
    items.shm.unlink()
    odd.close()
    odd.unlink()
    print(left())
    with SharedMemoryManager() as manager:
        first, second = manager.SharedMemory(10), manager.ShareableList("abc")
        print(first.size, list(second))
        attempt(manager.SharedMemory, 0)
    attempt(shared_memory.SharedMemory, first.name and NAME + "gone")
    first.close()
    print(left())
    # One is left for the tracker, and two outlive the modules.
    builtins.kept = Sized(NAME + "kept", True)
    builtins.kept.itself = builtins.kept
    sys.kept = shared_memory.SharedMemory(NAME + "last", True, 10)
    for kept in builtins.kept, sys.kept:
        kept.unlink()
