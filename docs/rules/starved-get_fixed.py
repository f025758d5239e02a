"""There is one stop item for each reader."""

from multiprocessing import Process, Queue


def work(tasks):
    while tasks.get() is not None:
        pass


if __name__ == "__main__":
    tasks = Queue()
    processes = [Process(target=work, args=(tasks,)) for _ in range(2)]
    for process in processes:
        process.start()
    for _ in processes:
        tasks.put(None)
    for process in processes:
        process.join()
