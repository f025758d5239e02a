"""Main asks for a permit without waiting, again and again. The process that has it ended with an error."""

import time
from multiprocessing import Event, Process, Semaphore


def work(permits, held):
    permits.acquire()
    held.set()
    raise OSError("no disk")


if __name__ == "__main__":
    permits, held = Semaphore(1), Event()
    process = Process(target=work, args=(permits, held))
    process.start()
    held.wait()
    while not permits.acquire(block=False):
        time.sleep(0.1)
    print("done")
