"""A task that fails raises, and only that task has failed."""

from concurrent.futures import ProcessPoolExecutor


def work(number):
    if number == 2:
        raise ValueError("no")
    return number


if __name__ == "__main__":
    with ProcessPoolExecutor(2) as executor:
        for future in [executor.submit(work, number) for number in range(4)]:
            print(future.exception())
