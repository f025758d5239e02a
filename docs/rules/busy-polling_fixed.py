"""Main waits for a result without any CPU."""

import multiprocessing
import time


def work(results):
    time.sleep(4)
    results.put("done")


if __name__ == "__main__":
    results = multiprocessing.Queue()
    process = multiprocessing.Process(target=work, args=(results,))
    process.start()
    print(results.get())
    process.join()
