"""A saturating Queue of ints, one process puts and another gets: the seconds of one item, by the clock and of CPU."""

import resource
import time
from multiprocessing import Process, Queue

COUNT = 40_000


def consume(queue, done):
    began = time.perf_counter()
    for _ in range(COUNT):
        queue.get()
    done.put(time.perf_counter() - began)


def used():
    """Seconds of CPU of this process and of those children that it has joined."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


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
