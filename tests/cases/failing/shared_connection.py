"""Four processes write to the same end of a Pipe without a lock."""

from multiprocessing import Pipe, Process


def log(conn, name):
    for n in range(200):
        conn.send((name, n, "=" * 30_000))


def main():
    reader, writer = Pipe(duplex=False)
    names = ["red", "green", "blue", "white"]
    processes = [Process(target=log, args=(writer, name), daemon=True) for name in names]
    for process in processes:
        process.start()
    for _ in range(800):
        name, n, text = reader.recv()
    for process in processes:
        process.join()
    print("800 lines")


if __name__ == "__main__":
    main()
