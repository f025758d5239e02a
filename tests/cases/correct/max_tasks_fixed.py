"""An executor whose workers are to be renewed after some tasks."""

from concurrent.futures import ProcessPoolExecutor


def square(n):
    return n * n


def main():
    with ProcessPoolExecutor(max_workers=1) as executor:
        futures = [executor.submit(square, n) for n in range(9)]
        for future in futures:
            print(future.result(), flush=True)


if __name__ == "__main__":
    main()
