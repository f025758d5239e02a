"""Every task fails, nobody asks for the results: it says done, exit 0."""

from concurrent.futures import ProcessPoolExecutor, wait


def delete(chunk):
    return chunk["id"]


def main():
    with ProcessPoolExecutor(max_workers=2) as executor:
        futures = [executor.submit(delete, {"id": n}) for n in range(6)]
        wait(futures)
        for future in futures:
            future.result()
    print("cleanup completed")


if __name__ == "__main__":
    main()
