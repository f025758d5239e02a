"""A signal handler sets the Event for which its own thread waits."""

import signal
from multiprocessing import Event


def main():
    done = Event()
    signal.signal(signal.SIGALRM, lambda number, frame: done.set())
    signal.alarm(1)
    done.wait()
    print("done")


if __name__ == "__main__":
    main()
