"""A lock of a manager guards a Value."""

from multiprocessing import Manager, Process, Value


def add(counter, lock):
    for _ in range(200):
        with lock:
            counter.value += 1


if __name__ == "__main__":
    with Manager() as manager:
        counter, lock = Value("i", 0), manager.Lock()
        processes = [Process(target=add, args=(counter, lock)) for _ in range(3)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
    assert counter.value == 600
