"""Two locks in opposite order, where that is no danger: sections in phases, under a third lock, or with a time-out."""

import time
from multiprocessing import Barrier, Lock, Process, RLock


def both(first, second):
    with first:
        with second:
            time.sleep(0.01)


def phase(number, a, b, barrier):
    if number == 0:
        both(a, b)
    barrier.wait()
    if number == 1:
        both(b, a)


def guarded(first, second, gate):
    for _ in range(20):
        with gate:
            both(first, second)


def patient(first, second):
    for _ in range(20):
        with first:
            while not second.acquire(timeout=0.001):
                time.sleep(0.01)
                break
            else:
                second.release()


def run(*processes):
    for process in processes:
        process.start()
    for process in processes:
        process.join()


def main():
    a, b = RLock(), Lock()
    run(Process(target=both, args=(a, b)))
    run(Process(target=both, args=(b, a)))
    c, d, barrier = Lock(), Lock(), Barrier(2)
    run(*(Process(target=phase, args=(number, c, d, barrier)) for number in range(2)))
    e, f, gate = Lock(), Lock(), Lock()
    run(Process(target=guarded, args=(e, f, gate)), Process(target=guarded, args=(f, e, gate)))
    g, h = Lock(), Lock()
    run(Process(target=patient, args=(g, h)), Process(target=patient, args=(h, g)))
    print("done")


if __name__ == "__main__":
    main()
