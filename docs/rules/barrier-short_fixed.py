"""The Barrier expects as many processes as arrive."""

from multiprocessing import Barrier, Process


def work(barrier):
    barrier.wait()


if __name__ == "__main__":
    barrier = Barrier(2)
    processes = [Process(target=work, args=(barrier,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
