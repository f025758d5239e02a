"""Uses every kind of object once, and ends with a deadlock of two workers."""

import multiprocessing
import multiprocessing.shared_memory
import os
import time


def put(queue, number):
    with number.get_lock():
        number.value += 1
    queue.put({"pid": 1})
    queue.put(lambda: None)  # cannot be pickled


def take(first, second):
    with first:
        time.sleep(0.5)
        with second:
            pass


def square(number):
    return number * number


if __name__ == "__main__":
    queue = multiprocessing.Queue()
    left, right = multiprocessing.Pipe()
    number = multiprocessing.Value("i", 40)
    grid = multiprocessing.Array("d", 100)
    event, barrier = multiprocessing.Event(), multiprocessing.Barrier(2)
    semaphore = multiprocessing.Semaphore(2)
    segment = multiprocessing.shared_memory.SharedMemory(create=True, size=64)
    handle = multiprocessing.Process(target=put, args=(queue, number), name="handle")
    child = multiprocessing.Process(target=put, args=(queue, number), name="child")
    child.start()
    print("got", queue.get())
    child.join()
    left.send("hello")
    right.recv()
    grid[0] = 1.5
    event.set()
    semaphore.acquire()
    with multiprocessing.Pool(2) as pool:
        print(pool.map(square, range(5)))
    with multiprocessing.Manager() as manager:
        shared = manager.dict(a=1)
        shared["b"] = 2
        time.sleep(0.3)
    segment.close()
    segment.unlink()
    if os.fork() == 0:
        os._exit(3)
    os.wait()
    a, b = multiprocessing.Lock(), multiprocessing.Lock()
    workers = [multiprocessing.Process(target=take, args=pair) for pair in ((a, b), (b, a))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
