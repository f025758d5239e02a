"""The initializer raises in every worker, and the Pool starts others forever."""

from multiprocessing import Pool


def prepare(path):
    open(path)


def square(number):
    return number * number


if __name__ == "__main__":
    with Pool(2, initializer=prepare, initargs=("/nonexistent",)) as pool:
        print(pool.map(square, range(4)))
