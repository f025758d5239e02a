"""A saturating Queue of ints: one process puts, another gets. Prints the seconds of the exchange."""

import time
from multiprocessing import Process, Queue

COUNT = 50_000


def consume(queue, done):
    began = time.perf_counter()
    for _ in range(COUNT):
        queue.get()
    done.put(time.perf_counter() - began)


if __name__ == "__main__":
    queue, done = Queue(), Queue()
    consumer = Process(target=consume, args=(queue, done))
    consumer.start()
    for number in range(COUNT):
        queue.put(number)
    print(done.get())
    consumer.join()
