"""Daemon workers that print under a lock; main ends after 3 s, which terminates them."""

from multiprocessing import Process, Lock
import time


def worker(lock, name):
    while True:
        with lock:
            print(name, flush=True)
            time.sleep(0.1)


if __name__ == "__main__":
    lock = Lock()
    for i in range(3):
        Process(target=worker, args=(lock, f"w{i}"), daemon=True).start()
    time.sleep(3)
    print("main ends")
