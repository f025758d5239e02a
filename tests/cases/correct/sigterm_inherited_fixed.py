"""A service with a graceful SIGTERM handler uses a Pool for one step."""

import signal
import time
from multiprocessing import Pool

stopping = False


def on_term(signum, frame):
    global stopping
    stopping = True
    print("shutting down gracefully", flush=True)


def restore_default():
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def work(n):
    time.sleep(0.05)
    return n * 2


def main():
    signal.signal(signal.SIGTERM, on_term)
    with Pool(2, initializer=restore_default) as pool:
        for result in pool.imap_unordered(work, range(200)):
            if result >= 10:
                break
    print("next step", result, flush=True)


if __name__ == "__main__":
    main()
