"""Multiprocessing at the limit of recursion: whoever gets an exception there holds no lock and has lost no message."""

import multiprocessing as mp
import sys


def with_lock(lock, ends, value, depth):
    with lock:
        return with_lock(lock, ends, value, depth + 1)


def counts(lock, ends, value, depth):
    value.value += 1
    return counts(lock, ends, value, depth + 1)


def sends(lock, ends, value, depth):
    ends[0].send_bytes(b"x")
    ends[1].recv_bytes()
    return sends(lock, ends, value, depth + 1)


def receives(lock, ends, value, depth):
    value.numbers.append(ends[1].recv_bytes())
    return receives(lock, ends, value, depth + 1)


class Numbers:
    """What was received, in place of a Value."""

    def __init__(self, ends):
        self.numbers, self.sent = [], [b"%d" % number for number in range(160)]
        for number in self.sent:
            ends[0].send_bytes(number)
        self._rest = ends[1]

    def all_there(self):
        while self._rest.poll():
            self.numbers.append(self._rest.recv_bytes())
        return self.numbers == self.sent


def overflows_receiving(count):
    found = set()
    for levels in range(count):
        ends = mp.Pipe()
        numbers = Numbers(ends)
        try:
            deeper(levels, receives, None, ends, numbers, 0)
        except RecursionError:
            found.add("RecursionError")
        found.add(numbers.all_there())
    print("receives", sorted(map(str, found)))


def deeper(levels, action, *objects):
    """From another depth each time, so that the limit is met at every step of what is observed."""
    if levels:
        return deeper(levels - 1, action, *objects)
    return action(*objects)


def overflows(action, count):
    found = set()
    for levels in range(count):
        lock, ends, value = mp.RLock(), mp.Pipe(), mp.Value("i", 0)
        try:
            deeper(levels, action, lock, ends, value, 0)
        except RecursionError:
            found.add("RecursionError")
        found.add((lock._semlock._count(), value.get_lock()._semlock._count(), ends[1].poll()))
    print(action.__name__, sorted(map(str, found)))


if __name__ == "__main__":
    mp.set_start_method(sys.argv[1])
    sys.setrecursionlimit(150)
    # By itself, Python 3.11 leaves the lock of a Value held there, and messages unread.
    for action in (with_lock,) if sys.version_info[:2] == (3, 11) else (with_lock, counts, sends):
        overflows(action, 30)
    overflows_receiving(30)
