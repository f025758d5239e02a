"""Ctrl-C in a program that does nothing but use multiprocessing: its traceback is made of lines of Python's own."""

import multiprocessing as mp
import os
import random
import signal
import sys

STANDARD = os.path.dirname(os.__file__)


def with_lock(lock, ends, array, simple):
    with lock:
        pass


def pipe(lock, ends, array, simple):
    ends[0].send(1)
    ends[1].recv()


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


def interrupted(action, rounds):
    foreign = 0
    for _ in range(rounds):
        objects = mp.Lock(), mp.Pipe(), mp.Array("i", 5), mp.SimpleQueue()
        action(*objects)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.0002 + random.random() * 0.0005)
            while True:
                action(*objects)
        except KeyboardInterrupt as error:
            foreign += any(not name.startswith((__file__, STANDARD)) for name in frames(error))
    print(action.__name__, foreign, flush=True)


if __name__ == "__main__":
    mp.set_start_method(sys.argv[1])
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    for action in (with_lock, pipe, slices, simple_queue):
        interrupted(action, 60)
