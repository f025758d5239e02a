"""Something of each kind, and a deadlock in which it stays."""

import sys
from multiprocessing import Lock, Process, Queue, Value


def work(tasks, lock, finished):
    tasks.get()
    finished.acquire()
    lock.acquire()


if __name__ == "__main__":
    print("on stdout", flush=True)
    print("on stderr", file=sys.stderr, flush=True)
    tasks = Queue()
    number = Value("i", 0)
    lock, finished = Lock(), Lock()
    lock.acquire()
    handle = Process(target=work, name="handle")
    child = Process(target=work, args=(tasks, lock, finished), name="child", daemon=True)
    child.start()
    number.value = 42
    for word in ("one", "two", "three"):
        tasks.put(word)
    child.join()
