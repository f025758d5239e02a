"""Main asks for a result as often as it can, and uses a core for that."""

import multiprocessing
import queue
import time


def work(results):
    time.sleep(4)
    results.put("done")


if __name__ == "__main__":
    results = multiprocessing.Queue()
    process = multiprocessing.Process(target=work, args=(results,))
    process.start()
    while True:
        try:
            print(results.get_nowait())
            break
        except queue.Empty:
            pass
    process.join()
