"""Ctrl-C in a program that does nothing but use multiprocessing: its traceback is made of lines of Python's own."""

import multiprocessing as mp
import os
import random
import signal
import sys

STANDARD = os.path.dirname(os.__file__)
SPARE = 2 if sys.version_info < (3, 10) else 0
"""There any instruction may be the last before the handler's, also the one by which a function leaves its `try`."""


def with_lock(lock, ends, array, simple):
    with lock:
        pass


def pipe(lock, ends, array, simple):
    ends[0].send(1)
    ends[1].recv()


def by_name(lock, ends, array, simple):
    lock.acquire()
    lock.release()


def value(lock, ends, array, simple):
    count.value = count.value


def slices(lock, ends, array, simple):
    array[1] = array[2]


def simple_queue(lock, ends, array, simple):
    simple.put(1)
    simple.get()


def frames(error):
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame.f_code.co_filename
        trace = trace.tb_next


def stays(error, lock):
    """Whether it came in the midst of `release`, which leaves the lock free, and the lock is not."""
    trace = error.__traceback__
    while trace.tb_next is not None and trace.tb_next.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    releases = by_name.__code__, by_name.__code__.co_firstlineno + 2
    return (trace.tb_frame.f_code, trace.tb_lineno) == releases and not lock.acquire(False)


def interrupted(action, rounds):
    foreign = held = 0
    for _ in range(rounds):
        objects = mp.Lock(), mp.Pipe(), mp.Array("i", 5), mp.SimpleQueue()
        action(*objects)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.0002 + random.random() * 0.0005)
            while True:
                action(*objects)
        except KeyboardInterrupt as error:
            foreign += any(not name.startswith((__file__, STANDARD, "<string>")) for name in frames(error))
            held += stays(error, objects[0])
    print(action.__name__, max(foreign - SPARE, 0), held if not SPARE else "", flush=True)


if __name__ == "__main__":
    mp.set_start_method(sys.argv[1])
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    count = mp.Value("i")
    for action in (with_lock, by_name, value, pipe, slices, simple_queue):
        interrupted(action, 60)
