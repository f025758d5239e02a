"""Main asks a Queue without waiting: one process puts its result at once, and the other one after six seconds."""

import queue
import time
from multiprocessing import Process, Queue


def work(results, seconds):
    time.sleep(seconds)
    results.put(seconds)


if __name__ == "__main__":
    results = Queue()
    processes = [Process(target=work, args=(results, seconds)) for seconds in (0, 6)]
    for process in processes:
        process.start()
    found = []
    while len(found) < 2:
        try:
            found.append(results.get_nowait())
        except queue.Empty:
            time.sleep(0.05)
    for process in processes:
        process.join()
    print(found)
