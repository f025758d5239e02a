"""A Pool renews its workers, one task raises and is asked for, and results come by a callback."""

from multiprocessing import Pool


def divide(number):
    return 12 // number


if __name__ == "__main__":
    found = []
    with Pool(2, maxtasksperchild=1) as pool:
        results = [pool.apply_async(divide, (number,), callback=found.append) for number in (0, 1, 2, 3)]
        for result in results:
            try:
                result.get()
            except ZeroDivisionError:
                print("by zero")
    print(sorted(found))
