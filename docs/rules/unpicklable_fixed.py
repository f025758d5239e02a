"""The item that is put can be pickled."""

import queue
from multiprocessing import Queue

if __name__ == "__main__":
    results = Queue()
    results.put(1)
    try:
        print(results.get(timeout=1))
    except queue.Empty:
        print("nothing came")
