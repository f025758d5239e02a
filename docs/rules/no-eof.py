"""The main process itself keeps the writing end open, so that recv() never sees the end."""

from multiprocessing import Pipe, Process


def work(writer):
    writer.send(1)


if __name__ == "__main__":
    reader, writer = Pipe(duplex=False)
    process = Process(target=work, args=(writer,))
    process.start()
    try:
        while True:
            print(reader.recv())
    except EOFError:
        process.join()
