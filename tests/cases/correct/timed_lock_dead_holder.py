"""A master that takes a lock with a time-out and replaces it when the holder was killed."""

from multiprocessing import Event, Process, Lock
import time


def hold(lock, held):
    with lock:
        held.set()
        time.sleep(60)


if __name__ == "__main__":
    lock = Lock()
    held = Event()
    p = Process(target=hold, args=(lock, held))
    p.start()
    held.wait()
    p.kill()
    p.join()
    if not lock.acquire(timeout=4):
        print("stale lock, making another")
        lock = Lock()
    with lock:
        time.sleep(0.5)
    print("done")
