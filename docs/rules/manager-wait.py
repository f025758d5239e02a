"""main waits for more items of a manager's Queue than the only producer puts."""

from multiprocessing import Manager, Process


def produce(queue):
    queue.put("one")


if __name__ == "__main__":
    with Manager() as manager:
        queue = manager.Queue()
        process = Process(target=produce, args=(queue,))
        process.start()
        print(queue.get(), queue.get())
        process.join()
