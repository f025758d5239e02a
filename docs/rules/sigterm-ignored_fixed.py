"""The workers set the default handler of SIGTERM again."""

import signal
import time
from multiprocessing import Pool


def handle(number, frame):
    print("stopping soon")


def restore_default():
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def work(number):
    time.sleep(0.05)
    return number


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, handle)
    with Pool(2, initializer=restore_default) as pool:
        for result in pool.imap_unordered(work, range(200)):
            if result >= 10:
                break
