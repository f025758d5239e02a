"""with gives every permit back."""

import time
from multiprocessing import BoundedSemaphore, Process


def download(permits, number):
    with permits:
        time.sleep(0.1)
        if number % 2:
            return


def main():
    permits = BoundedSemaphore(2)
    processes = [Process(target=download, args=(permits, n)) for n in range(6)]
    for process in processes:
        process.start()
        time.sleep(0.05)
    for process in processes:
        process.join()
    print("all downloaded")


if __name__ == "__main__":
    main()
