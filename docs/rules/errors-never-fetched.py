"""Every task fails, and no process asks for a result."""

from concurrent.futures import ProcessPoolExecutor, wait


def delete(record):
    return record["id"]


if __name__ == "__main__":
    with ProcessPoolExecutor(2) as executor:
        futures = [executor.submit(delete, {"key": number}) for number in range(4)]
        wait(futures)
    print("done")
