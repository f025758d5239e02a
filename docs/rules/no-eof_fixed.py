"""The main process closes its copy of the writing end."""

from multiprocessing import Pipe, Process


def work(writer):
    writer.send(1)


if __name__ == "__main__":
    reader, writer = Pipe(duplex=False)
    process = Process(target=work, args=(writer,))
    process.start()
    writer.close()
    try:
        while True:
            print(reader.recv())
    except EOFError:
        process.join()
