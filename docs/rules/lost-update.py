"""Another process can write between the read and the write of `+=`."""

import time
from multiprocessing import Process, Value


def price():
    time.sleep(0.01)
    return 1


def work(total):
    for _ in range(50):
        total.value += price()


if __name__ == "__main__":
    total = Value("i", 0)
    processes = [Process(target=work, args=(total,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    print(total.value, "of 100")
