"""Prints the warnings of Python with `-W` in main and in a child, which must be the same under observation."""

import multiprocessing as mp
import os
import sys
import warnings


def warns():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        open(os.devnull)
        queue, lock = mp.Queue(), mp.Lock()
        queue.put(1)
        with lock:
            queue.get()
        value = mp.Value("i")
        value.value += 1
        ends = mp.Pipe()
        ends[0].send(1)
        ends[1].recv()
        child = mp.get_context("fork").Process(target=print, args=("in a fork",))
        sys.stdout.flush()
        child.start()
        child.join()
        print([str(warning.message).partition("(pid=")[0][:40] for warning in caught])
        sys.stdout.flush()


if __name__ == "__main__":
    mp.set_start_method(sys.argv[1])
    warns()
    child = mp.Process(target=warns)
    child.start()
    child.join()
    warnings.warn("shown by the default filter", DeprecationWarning)
