"""There are two readers, and one stop item."""

from multiprocessing import Process, Queue


def work(tasks):
    while tasks.get() is not None:
        pass


if __name__ == "__main__":
    tasks = Queue()
    processes = [Process(target=work, args=(tasks,)) for _ in range(2)]
    for process in processes:
        process.start()
    tasks.put(None)
    for process in processes:
        process.join()
