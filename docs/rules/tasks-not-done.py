"""A consumer gets items and does not call task_done()."""

from multiprocessing import JoinableQueue, Process


def work(tasks):
    while True:
        tasks.get()


if __name__ == "__main__":
    tasks = JoinableQueue()
    process = Process(target=work, args=(tasks,), daemon=True)
    process.start()
    tasks.put(1)
    tasks.join()
