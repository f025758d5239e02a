"""The only process that could put has failed, and the main process asks again and again."""

import queue
from multiprocessing import Process, Queue


def work(results):
    results.put({}["key"])


if __name__ == "__main__":
    results = Queue()
    process = Process(target=work, args=(results,))
    process.start()
    while True:
        try:
            print(results.get(timeout=0.5))
            break
        except queue.Empty:
            continue
