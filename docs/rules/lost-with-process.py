"""os._exit() ends a process before the Queue's feeder thread has written the items."""

import os
import queue
from multiprocessing import Process, Queue


def work(results):
    for number in range(1000):
        results.put(number)
    os._exit(0)


if __name__ == "__main__":
    results = Queue()
    process = Process(target=work, args=(results,))
    process.start()
    got = 0
    try:
        while got < 1000:
            results.get(timeout=1)
            got += 1
    except queue.Empty:
        pass
    process.join()
    print(got, "of 1000")
