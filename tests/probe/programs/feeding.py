"""What the feeder thread of a Queue cannot send, and what becomes of the items behind it."""

import multiprocessing as mp
import multiprocessing.util
import queue
import sys
import time


class Odd:
    def __init__(self, error):
        self.error = error

    def __getstate__(self):
        raise self.error


class Rude(Exception):
    def __str__(self):
        raise RuntimeError("shown")


class Late:
    def __getstate__(self):
        while not multiprocessing.util.is_exiting():
            time.sleep(0.01)
        raise ValueError(self)


def leave(items):
    items.put("before")
    items.put(Late())
    items.put("behind")


def settle(items):
    while items._buffer:
        time.sleep(0.01)
    time.sleep(0.05)


def full(items):
    try:
        for count in range(5):
            items.put(count, timeout=0.01)
    except queue.Full:
        print("full after", count)


if __name__ == "__main__":
    mp.set_start_method(sys.argv[1])
    items = mp.Queue(4)
    for item in (lambda: 0), Odd(IndexError("odd")), Odd(Rude(1)), Odd(ValueError(Odd(None))), Odd(OSError(32, "pipe")):
        items.put(item)
        settle(items)
    # An item that raises IndexError goes without a word, and its place with it.
    full(items)
    print([items.get() for _ in range(3)])
    last = mp.JoinableQueue()
    child = mp.Process(target=leave, args=(last,))
    child.start()
    child.join()
    print(last.get(), last.empty(), child.exitcode)
    for ignores in True, False:
        unread = mp.Queue()
        unread._ignore_epipe = ignores
        unread._reader.close()
        for number in range(2):
            unread.put(number)
            settle(unread) if not ignores else time.sleep(0.1)
        print(len(unread._buffer), unread._thread.is_alive(), flush=True)
        unread.cancel_join_thread()
