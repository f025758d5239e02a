"""Four workers that take tasks from a Queue, count them in a Value, and return results, a thousand a second."""

import time
from multiprocessing import Process, Queue, Value


def work(tasks, results, count):
    for task in iter(tasks.get, None):
        with count.get_lock():
            count.value += 1
        results.put(task * task)


if __name__ == "__main__":
    tasks, results, count = Queue(100), Queue(), Value("i", 0)
    workers = [Process(target=work, args=(tasks, results, count), name=f"worker-{number}") for number in range(1, 5)]
    for worker in workers:
        worker.start()
    number = 0
    while True:
        for _ in range(20):
            tasks.put(number)
            number += 1
        for _ in range(20):
            results.get()
        time.sleep(0.02)
