"""Loops over a Value and an Event that nobody changes, each until a time is over."""

from multiprocessing import Process, Value, Event
import time


def f(v, e):
    time.sleep(0.3)  # never sets it: the caller has a deadline


if __name__ == "__main__":
    v, e = Value("i", 0), Event()
    p = Process(target=f, args=(v, e))
    p.start()
    end = time.time() + 8
    while not v.value and time.time() < end:
        pass
    end = time.time() + 2
    while not e.is_set() and time.time() < end:
        time.sleep(0.01)
    p.join()
    print("gave up")
