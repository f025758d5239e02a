"""A process that is to end ends its children before."""

import multiprocessing
import signal
import sys
import time


def work():
    time.sleep(6)


def end(number, frame):
    for child in multiprocessing.active_children():
        child.terminate()
        child.join()
    sys.exit(0)


def service(started):
    process = multiprocessing.Process(target=work)
    process.start()
    signal.signal(signal.SIGTERM, end)
    started.set()
    time.sleep(60)


if __name__ == "__main__":
    started = multiprocessing.Event()
    process = multiprocessing.Process(target=service, args=(started,))
    process.start()
    started.wait()
    process.terminate()
    process.join()
    print("service ended with", process.exitcode)
    time.sleep(4)
