"""A worker finds the queue among its global variables, and takes seven seconds for its first item."""

import multiprocessing as mp
import time

context = mp.get_context("fork")
results = context.Queue()


def compute():
    time.sleep(7)
    results.put(42)


if __name__ == "__main__":
    context.Process(target=compute).start()
    print(results.get())
