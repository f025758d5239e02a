"""One worker fails, and main polls for the slow other one, which reads its own commands with a time-out."""

import time
from multiprocessing import Pipe, Process
from multiprocessing.connection import wait


def fail(conn):
    conn.send({}["key"])


def work(conn):
    deadline = time.monotonic() + 8
    while time.monotonic() < deadline:
        if conn.poll(0.5):
            conn.recv()
    conn.send("done")


if __name__ == "__main__":
    here, there = Pipe()
    broken, other = Pipe()
    processes = [Process(target=work, args=(there,)), Process(target=fail, args=(other,))]
    for process in processes:
        process.start()
    while not here.poll(0.5):
        wait([here, broken], 0.1)
    print(here.recv())
    for process in processes:
        process.join()
    print([process.exitcode for process in processes])
