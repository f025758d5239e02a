"""`with` gives the permit back in any case."""

from multiprocessing import BoundedSemaphore, Process


def download(permits, number):
    with permits:
        if number == 0:
            return


if __name__ == "__main__":
    permits = BoundedSemaphore(1)
    for number in range(2):
        process = Process(target=download, args=(permits, number))
        process.start()
        process.join()
