"""The initializer does not raise."""

from multiprocessing import Pool


def prepare(path):
    open(path)


def square(number):
    return number * number


if __name__ == "__main__":
    with Pool(2, initializer=prepare, initargs=(__file__,)) as pool:
        print(pool.map(square, range(4)))
