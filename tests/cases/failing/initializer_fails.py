"""The Pool's initializer raises: workers come and go without end."""

from multiprocessing import Pool


def connect(path):
    global handle
    handle = open(path)


def work(n):
    return n


def main():
    with Pool(2, initializer=connect, initargs=("/nonexistent/db",)) as pool:
        print(pool.map(work, range(4)))


if __name__ == "__main__":
    main()
