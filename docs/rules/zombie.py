"""A child has ended, and its parent does not join it."""

import time
from multiprocessing import Process


def work():
    pass


if __name__ == "__main__":
    process = Process(target=work)
    process.start()
    time.sleep(8)
    print("done")
