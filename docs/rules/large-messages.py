"""Each task is sent two megabytes."""

from multiprocessing import Pool


def mean(values):
    return sum(values) / len(values)


if __name__ == "__main__":
    image = bytes(2_000_000)
    with Pool(2) as pool:
        print(pool.map(mean, [image] * 100, chunksize=1)[0])
