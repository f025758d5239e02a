"""Four processes write to the same end of a Pipe without a lock."""

from multiprocessing import Lock, Pipe, Process


def work(writer, lock):
    for number in range(200):
        writer.send((number, "=" * 30_000))


if __name__ == "__main__":
    reader, writer = Pipe(duplex=False)
    lock = Lock()
    processes = [Process(target=work, args=(writer, lock), daemon=True) for _ in range(4)]
    for process in processes:
        process.start()
    for _ in range(800):
        reader.recv()
