"""A generator that gives a task every two seconds: between them no worker has one."""

from multiprocessing import Pool
import time


def numbers():
    for number in range(3):
        time.sleep(2)
        yield number


def square(number):
    return number * number


if __name__ == "__main__":
    with Pool(2) as pool:
        print(list(pool.imap(square, numbers())), list(pool.imap_unordered(square, numbers(), chunksize=3)))
