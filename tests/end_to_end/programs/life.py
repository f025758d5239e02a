"""Goes on when a file of the next step's name appears, so that each state lasts until it has been seen."""

import sys
import time
from multiprocessing import Process
from pathlib import Path


def await_file(name):
    while not Path(name).exists():
        time.sleep(0.01)


def work():
    await_file("end")
    sys.exit(3)


def end():
    print("forgotten: I end")
    sys.exit(4)


if __name__ == "__main__":
    child = Process(target=work, name="child")
    await_file("start")
    child.start()
    child.join()
    forgotten = Process(target=end, name="forgotten")
    forgotten.start()
    await_file("reap")
    forgotten.join()
