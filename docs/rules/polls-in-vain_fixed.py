"""The main process stops asking once the process that could put has ended and one more get() has timed out."""

import queue
from multiprocessing import Process, Queue


def work(results):
    results.put({}["key"])


if __name__ == "__main__":
    results = Queue()
    process = Process(target=work, args=(results,))
    process.start()
    while True:
        ended = process.exitcode is not None  # asked before get(): it may put an item and then end
        try:
            print(results.get(timeout=0.5))
            break
        except queue.Empty:
            if ended:
                print("failed with exit code", process.exitcode)
                break
