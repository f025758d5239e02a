"""Threads that use the same objects at once, and a fork while others hold and want a lock."""

import multiprocessing as mp
import os
import sys
import threading


def count(lock, value, queue):
    for _ in range(300):
        with lock:
            value.value += 1
    queue.put(1)


def child(lock, value, queue):
    threads = [threading.Thread(target=count, args=(lock, value, queue)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    mp.set_start_method(sys.argv[1])
    lock, value, queue = mp.Lock(), mp.Value("i", 0), mp.Queue()
    children = [mp.Process(target=child, args=(lock, value, queue)) for _ in range(2)]
    for started in children:
        started.start()
    child(lock, value, queue)
    for started in children:
        started.join()
    print(value.value, sum(queue.get() for _ in range(9)), queue.empty())

    stop, private = threading.Event(), mp.Lock()

    def hammer():
        while not stop.is_set():
            with lock:
                pass
            # A new tap. Its semaphore, by the other start methods, goes to a tracker, which a fork can lock for good.
            if sys.argv[1] == "fork":
                mp.Lock()

    hammers = [threading.Thread(target=hammer) for _ in range(2)]
    for thread in hammers:
        thread.start()
    for _ in range(20):
        pid = os.fork()
        if not pid:
            with private:
                pass
            os._exit(4)
        status = os.waitpid(pid, 0)[1]
        if status != 4 << 8:
            print("status", status)
    stop.set()
    for thread in hammers:
        thread.join()
