"""A process is killed, and the child that it has started lives on."""

import multiprocessing
import os
import signal
import time


def work():
    time.sleep(6)


def service():
    multiprocessing.Process(target=work).start()
    time.sleep(60)


if __name__ == "__main__":
    process = multiprocessing.Process(target=service)
    process.start()
    time.sleep(0.5)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    print("service ended with", process.exitcode)
    time.sleep(4)
