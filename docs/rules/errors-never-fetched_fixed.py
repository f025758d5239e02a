"""Every task fails, and its exception is reported."""

from concurrent.futures import ProcessPoolExecutor, wait


def delete(record):
    return record["id"]


if __name__ == "__main__":
    with ProcessPoolExecutor(2) as executor:
        futures = [executor.submit(delete, {"key": number}) for number in range(4)]
        wait(futures)
    for future in futures:
        if future.exception() is not None:
            print("failed:", future.exception())
    print("done")
