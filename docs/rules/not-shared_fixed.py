"""The counter is a Value, which all processes share."""

from multiprocessing import Process, Value


def work(counter, times):
    for _ in range(times):
        with counter.get_lock():
            counter.value += 1


if __name__ == "__main__":
    counter = Value("i", 0)
    processes = [Process(target=work, args=(counter, 100)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    print(counter.value)
