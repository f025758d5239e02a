"""An alarm raises an exception out of a get() to which no process will answer."""

import signal
from multiprocessing import Queue


class TooLateError(Exception):
    pass


def late(number, frame):
    raise TooLateError


if __name__ == "__main__":
    answers = Queue()
    signal.signal(signal.SIGALRM, late)
    signal.alarm(8)
    try:
        answers.get()
    except TooLateError:
        print("no answer")
