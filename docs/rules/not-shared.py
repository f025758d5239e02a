"""Each process adds to a global of its own, and main prints 0."""

from multiprocessing import Process

counter = 0


def work(times):
    global counter
    for _ in range(times):
        counter += 1


if __name__ == "__main__":
    processes = [Process(target=work, args=(100,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    print(counter)
