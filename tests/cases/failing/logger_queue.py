"""multiprocessing's own logger writes to a Queue by QueueHandler, at DEBUG."""

import logging
import multiprocessing
from logging.handlers import QueueHandler
from multiprocessing import Process, Queue


def worker(records):
    logger = multiprocessing.get_logger()
    logger.addHandler(QueueHandler(records))
    logger.setLevel(logging.DEBUG)
    logger.info("worker is ready")
    records.put(None)


def main():
    records = Queue()
    process = Process(target=worker, args=(records,))
    process.start()
    for record in iter(records.get, None):
        print(record.getMessage())
    process.join()


if __name__ == "__main__":
    main()
