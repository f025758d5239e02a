"""The data is in shared memory, and each task receives only the position of its part."""

from multiprocessing import Pool, RawArray


def keep(array):
    global image
    image = array


def mean(bounds):
    begin, end = bounds
    return sum(image[begin:end]) / (end - begin)


if __name__ == "__main__":
    array = RawArray("B", 2_000_000)
    with Pool(2, initializer=keep, initargs=(array,)) as pool:
        print(pool.map(mean, [(0, 2_000_000)] * 100, chunksize=1)[0])
