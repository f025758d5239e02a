"""A consumer calls task_done() for every item."""

from multiprocessing import JoinableQueue, Process


def work(tasks):
    while True:
        tasks.get()
        tasks.task_done()


if __name__ == "__main__":
    tasks = JoinableQueue()
    process = Process(target=work, args=(tasks,), daemon=True)
    process.start()
    tasks.put(1)
    tasks.join()
