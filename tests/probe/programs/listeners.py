"""Listeners and clients, waiting for several objects, and waits that time out."""

import multiprocessing as mp
import os
import signal
import socket
import sys
import tempfile
import threading
import traceback
from multiprocessing import connection


def attempt(function, *args, **kwargs):
    try:
        print(function(*args, **kwargs))
    except BaseException:
        traceback.print_exc(file=sys.stdout)
    sys.stdout.flush()


def interrupt(signum, frame):
    raise LookupError("by a handler")


def fail(errors, function, *args):
    try:
        function(*args)
    except Exception:
        errors.append(traceback.format_exc())


def after(seconds, function, *args):
    signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        function(*args)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


class Timeout:
    """Neither a number nor nothing."""

    def __eq__(self, other):
        return False

    def __add__(self, other):
        raise ArithmeticError("of a timeout")

    __radd__ = __add__


def call(address, key):
    with connection.Client(address, authkey=key) as mine:
        mine.send("hello")
        print(mine.recv())
        mine.send_bytes(b"x" * 100_000)


def serve(listener, key):
    caller = mp.Process(target=call, args=(listener.address, key))
    caller.start()
    with listener.accept() as mine:
        print(mine.recv(), type(mine), listener.last_accepted is not None)
        mine.send(["back"])
        print(len(mine.recv_bytes()))
    caller.join()


if __name__ == "__main__":
    mp.set_start_method(sys.argv[1])
    for address in (("localhost", 0), os.path.join(tempfile.mkdtemp(), "s")):
        for key in (None, b"key"):
            with connection.Listener(address, authkey=key) as listener:
                serve(listener, key)
        with connection.Listener(address) as listener:
            attempt(after, 0.1, listener.accept)
            errors = []
            caller = threading.Thread(target=fail, args=(errors, connection.Client, listener.address, None, b"a"))
            caller.start()
            listener._authkey = b"b"
            attempt(listener.accept)
            caller.join()
            print(errors[0])
            attempt(connection.Listener, listener.address)
        attempt(connection.Client, "/nowhere/at/all" if isinstance(address, str) else ("localhost", 1))
        attempt(listener.accept)
    attempt(connection.Client, "\0an abstract name of nobody")
    attempt(connection.wait, [object()])
    attempt(connection.wait, [1 << 20])
    attempt(connection.wait, 5)
    attempt(connection.wait, [], 0.01)
    one, two = mp.Pipe()
    attempt(connection.wait, [one], Timeout())
    attempt(connection.wait, [one, one])
    attempt(after, 0.1, connection.wait, [one])
    two.send(1)
    child = mp.Process(target=print)
    child.start()
    child.join()
    mine, yours = socket.socketpair()
    print(
        [
            ready is one
            for ready in connection.wait(waitable for waitable in (one, mine, child.sentinel, two))
            if ready is one
        ]
    )
    print(connection.wait([mine], 0), connection.wait([mine], 0.01))
    lock, event, condition = mp.Lock(), mp.Event(), mp.Condition()
    lock.acquire()
    print(lock.acquire(timeout=0.01), lock.acquire(True, 0), lock.acquire(False), event.wait(0.01), event.wait(0))
    with condition:
        print(condition.wait(0.01), condition.wait_for(lambda: False, 0.01))
        attempt(condition.wait, "soon")
    attempt(event.wait, "soon")
    event.set()
    print(event.wait(), event.wait(0.01))
    attempt(mp.Barrier(2, timeout=0.01).wait)
