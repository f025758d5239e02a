"""The producer ends with a stop item, which main waits for."""

from multiprocessing import Manager, Process


def produce(queue):
    try:
        queue.put("one")
    finally:
        queue.put(None)


if __name__ == "__main__":
    with Manager() as manager:
        queue = manager.Queue()
        process = Process(target=produce, args=(queue,))
        process.start()
        print(list(iter(queue.get, None)))
        process.join()
