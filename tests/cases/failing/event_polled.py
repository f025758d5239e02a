"""The process that was to set the Event has failed, and main asks is_set() in a loop forever."""

from multiprocessing import Process, Event
import time


def work(ready):
    raise RuntimeError("no model")
    ready.set()


if __name__ == "__main__":
    ready = Event()
    p = Process(target=work, args=(ready,))
    p.start()
    while not ready.is_set():
        time.sleep(0.1)
    print("ready")
