"""The order of exits: atexit, finalizers, feeder threads, daemons."""

import atexit
import multiprocessing as mp
import multiprocessing.util as util
import sys
import threading
import time
import weakref


class Thing:
    pass


def say(text):
    print(mp.current_process().name, text)
    sys.stdout.flush()


def registers(queue):
    atexit.register(say, "atexit")
    util.Finalize(None, say, args=("priority 5",), exitpriority=5)
    util.Finalize(None, say, args=("priority 10",), exitpriority=10)
    util.Finalize(None, say, args=("priority -20",), exitpriority=-20)
    keep.append(Thing())
    weakref.finalize(keep[0], say, "weakref")
    queue.put("text" * 30000)
    threading.Thread(target=lambda: (time.sleep(0.1), say("thread"))).start()
    say("returns")


def says_later(text):
    time.sleep(0.5)
    say(text)


def sleeps():
    time.sleep(60)


def puts_at_exit(queue):
    atexit.register(queue.put, "from atexit")
    util.Finalize(None, queue.put, args=("from a finalizer",), exitpriority=100)


keep = []
if __name__ == "__main__":
    mp.set_start_method(sys.argv[1])
    queue = mp.Queue()
    child = mp.Process(target=registers, args=(queue,))
    child.start()
    print(len(queue.get()))
    child.join()
    child = mp.Process(target=puts_at_exit, args=(queue,))
    child.start()
    child.join()
    while not queue.empty():
        print(queue.get())
    registers(queue)
    queue.get()
    mp.Process(target=sleeps, daemon=True).start()
    mp.Process(target=says_later, args=("last",)).start()
