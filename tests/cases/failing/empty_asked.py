"""The process that was to put a result has failed, and main asks whether the Queue is empty, again and again."""

import time
from multiprocessing import Process, Queue


def work(results):
    raise OSError("no disk")


if __name__ == "__main__":
    results = Queue()
    Process(target=work, args=(results,)).start()
    while results.empty():
        time.sleep(0.1)
    print(results.get())
