"""A thread of the main process releases the permits that the workers wait for, one after the other."""

import threading
import time
from multiprocessing import Process, Semaphore


def work(permits):
    for _ in range(2):
        permits.acquire()


def refill(permits):
    for _ in range(4):
        time.sleep(8)
        permits.release()


if __name__ == "__main__":
    permits = Semaphore(0)
    workers = [Process(target=work, args=(permits,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    threading.Thread(target=refill, args=(permits,)).start()
    for worker in workers:
        worker.join()
