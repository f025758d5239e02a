"""The process that was to put a result has failed, and main asks the Queue without waiting, again and again."""

import queue
import time
from multiprocessing import Process, Queue


def work(results):
    raise OSError("no disk")


if __name__ == "__main__":
    results = Queue()
    Process(target=work, args=(results,)).start()
    while True:
        try:
            result = results.get_nowait()
        except queue.Empty:
            time.sleep(0.05)
            continue
        print(result)
        break
