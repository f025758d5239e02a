"""A number goes through a Pipe to another process and back: the seconds of one round trip, by the clock and of CPU."""

import time
from multiprocessing import Pipe, Process

from cpu import used

COUNT = 15_000


def answer(connection):
    for _ in range(COUNT):
        connection.send(connection.recv())


if __name__ == "__main__":
    ours, theirs = Pipe()
    before = used()
    other = Process(target=answer, args=(theirs,))
    other.start()
    began = time.perf_counter()
    for number in range(COUNT):
        ours.send(number)
        ours.recv()
    took = time.perf_counter() - began
    other.join()
    print(took / COUNT, (used() - before) / COUNT)
