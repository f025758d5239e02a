"""Takes the first answer of a pool and leaves: `with Pool` terminates the others, who share a lock."""

from multiprocessing import Pool, Lock
import time


def init(l):
    global lock
    lock = l


def search(n):
    with lock:
        time.sleep(0.3)
    return n


if __name__ == "__main__":
    with Pool(3, init, (Lock(),)) as pool:
        for r in pool.imap_unordered(search, range(30)):
            if r >= 2:
                print("found", r)
                break
    time.sleep(2)
    print("over")
