"""put() returns before the item is pickled; where that fails, no process gets it."""

import queue
from multiprocessing import Queue

if __name__ == "__main__":
    results = Queue()
    results.put(lambda: 1)
    try:
        print(results.get(timeout=1))
    except queue.Empty:
        print("nothing came")
