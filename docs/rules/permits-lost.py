"""A permit is not given back when a download fails."""

from multiprocessing import BoundedSemaphore, Process


def download(permits, number):
    permits.acquire()
    if number == 0:
        return
    permits.release()


if __name__ == "__main__":
    permits = BoundedSemaphore(1)
    for number in range(2):
        process = Process(target=download, args=(permits, number))
        process.start()
        process.join()
