"""An exception that ends the main process."""

import multiprocessing as mp
import sys


def work(queue):
    queue.get(timeout=0.05)


if __name__ == "__main__":
    mp.set_start_method(sys.argv[1])
    queue = mp.Queue()
    child = mp.Process(target=work, args=(queue,))
    child.start()
    child.join()
    work(queue)
