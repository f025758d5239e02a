"""Each process has all objects of a bus, deep inside of it; one of them answers only after eight seconds."""

import multiprocessing as mp
import time
from collections import deque


class Bus:
    def __init__(self, first):
        self.topics = {"a": {"turn": [first], "done": [mp.Event()], "items": deque([mp.Queue()])}}

    def of(self, name):
        return self.topics["a"][name][0]


def early(bus):
    bus.of("done").wait()
    print(bus.of("items").get())
    bus.of("turn").acquire()


def late(bus):
    time.sleep(8)
    bus.of("done").set()
    time.sleep(2)
    bus.of("items").put("item")
    time.sleep(2)
    bus.of("turn").release()


def main():
    bus = Bus(mp.Semaphore(0))
    processes = [mp.Process(target=function, args=(bus,)) for function in (early, late)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()


if __name__ == "__main__":
    main()
