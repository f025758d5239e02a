"""The child cannot end before somebody has read what it has put."""

from multiprocessing import Process, Queue


def work(results):
    results.put(bytes(1_000_000))


if __name__ == "__main__":
    results = Queue()
    process = Process(target=work, args=(results,))
    process.start()
    process.join()
    print(len(results.get()))
