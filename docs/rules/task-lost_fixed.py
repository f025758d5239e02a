"""A task that fails raises, and the Pool hands the exception over."""

from multiprocessing import Pool


def work(number):
    if number == 2:
        raise ValueError("no")
    return number


if __name__ == "__main__":
    with Pool(2) as pool:
        try:
            print(pool.map(work, range(4)))
        except ValueError as error:
            print("failed:", error)
