"""A result is asked for after the end of the `with` block, which terminates the Pool."""

import time
from multiprocessing import Pool


def square(number):
    time.sleep(0.5)
    return number * number


if __name__ == "__main__":
    with Pool(2) as pool:
        result = pool.apply_async(square, (3,))
    print(result.get())
