"""SIGINT in the middle of every wait, in a child and in the main process."""

import multiprocessing as mp
import multiprocessing.heap  # noqa: F401 (which a Barrier imports, and it is the wait that shall be interrupted)
import os
import signal
import sys
import threading
import time
import traceback


def get(queue, lock, ends, event):
    queue.get()


def get_timeout(queue, lock, ends, event):
    queue.get(timeout=60)


def put(queue, lock, ends, event):
    queue.put(1)
    queue.put(2)


def recv(queue, lock, ends, event):
    ends[0].recv()


def poll(queue, lock, ends, event):
    ends[0].poll(60)


def send(queue, lock, ends, event):
    ends[0].send_bytes(b"x" * 1_000_000)


def with_lock(queue, lock, ends, event):
    with lock:
        print("not here")


def wait_event(queue, lock, ends, event):
    event.wait()


def wait_condition(queue, lock, ends, event):
    condition = mp.Condition()
    with condition:
        condition.wait()


def wait_barrier(queue, lock, ends, event):
    mp.Barrier(2).wait()


def join(queue, lock, ends, event):
    child = mp.Process(target=time.sleep, args=(60,))
    child.start()
    try:
        child.join()
    finally:
        child.kill()
        child.join()


def simple_get(queue, lock, ends, event):
    mp.SimpleQueue().get()


def interrupts_itself(action, *objects):
    print("==", action.__name__, file=sys.stderr)
    threading.Timer(0.15, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        action(*objects)
    except KeyboardInterrupt:
        traceback.print_exc()
    sys.stderr.flush()


def is_interrupted(*objects):
    for action in (get, get_timeout, put, recv, poll, send, with_lock, wait_event, wait_condition, wait_barrier):
        interrupts_itself(action, *objects)
    threading.Timer(0.15, os.kill, (os.getpid(), signal.SIGINT)).start()
    simple_get(*objects)


if __name__ == "__main__":
    mp.set_start_method(sys.argv[1])
    lock = mp.Lock()
    lock.acquire()
    objects = mp.Queue(1), lock, mp.Pipe(), mp.Event()
    child = mp.Process(target=is_interrupted, args=objects)
    child.start()
    child.join()
    print(child.exitcode)
    interrupts_itself(join, *objects)
    interrupts_itself(with_lock, *objects)
