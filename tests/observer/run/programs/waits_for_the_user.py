"""A child that goes on only when somebody outside changes the objects that it waits for."""

import ctypes
import multiprocessing
from multiprocessing import connection


class Point(ctypes.Structure):
    _fields_ = (("x", ctypes.c_double), ("y", ctypes.c_int))


def child(ready, permits, inbox, simple, jobs, ours, reading, gate, drops, counter, grid, point, name, raw):
    ready.wait()
    print("ready", flush=True)
    permits.acquire()
    print("permit", flush=True)
    print("inbox", inbox.get(), flush=True)
    print("simple", simple.get(), flush=True)
    print("jobs", jobs.get(), flush=True)
    jobs.task_done()
    print("duplex", ours.recv(), flush=True)
    print("one way", reading.recv(), flush=True)
    print("dropped to", drops.get(), flush=True)
    gate.acquire()
    print("gate", ready.is_set(), flush=True)
    print("values", counter.value, list(grid), point.x, name.value, raw.value, flush=True)


def main():
    ready = multiprocessing.Event()
    gate = multiprocessing.Lock()
    permits = multiprocessing.Semaphore(0)
    inbox = multiprocessing.Queue(1)
    simple = multiprocessing.SimpleQueue()
    jobs = multiprocessing.JoinableQueue()
    drops = multiprocessing.Queue()
    ours, theirs = multiprocessing.Pipe()
    reading, writing = multiprocessing.Pipe(duplex=False)
    counter = multiprocessing.Value("i", 0)
    grid = multiprocessing.Array("d", 3)
    point = multiprocessing.Value(Point, 1.0, 2)
    name = multiprocessing.Array("c", b"nobody")
    raw = multiprocessing.RawValue("h", 1)
    drops.put("first")
    drops.put("second")
    arguments = (ready, permits, inbox, simple, jobs, ours, reading, gate, drops, counter, grid, point, name, raw)
    worker = multiprocessing.Process(target=child, args=arguments, name="worker")
    worker.start()
    jobs.join()
    worker.join()
    connection.wait([theirs], 0)
    writing.close()


if __name__ == "__main__":
    main()
