"""A saturating Queue of ints, one process puts and another gets: the seconds of one item, by the clock and of CPU."""

import time
from multiprocessing import Process, Queue

from cpu import used

COUNT = 40_000


def consume(queue, done):
    began = time.perf_counter()
    for _ in range(COUNT):
        queue.get()
    done.put(time.perf_counter() - began)


if __name__ == "__main__":
    before = used()
    queue, done = Queue(), Queue()
    consumer = Process(target=consume, args=(queue, done))
    consumer.start()
    for number in range(COUNT):
        queue.put(number)
    took = done.get()
    consumer.join()
    print(took / COUNT, (used() - before) / COUNT)
