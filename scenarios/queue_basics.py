# /// script
# requires-python = ">=3.8"
# [tool.rockproc]
# title = "Queue"
# group = "communicate"
# order = 220
# [[tool.rockproc.try]]
# do = "Watch the depth of tasks: the producer is twice as fast as the consumer."
# see = {channel = "tasks", min_depth = 4}
# [[tool.rockproc.try]]
# do = "Run again and freeze the consumer early, until the producer has put everything. No item is lost."
# see = {channel = "tasks", min_depth = 8}
# [[tool.rockproc.try]]
# do = "Run again and terminate the producer early. Why does the consumer never end?"
# see = {process = "producer", signal = "SIGTERM"}
# ///
"""One process puts, another one gets.

A `Queue` decouples two processes: `put()` returns at once, `get()` waits until there is something. Its
**depth** is the number of items that were put and not yet got.

An empty Queue does not say whether more will come. So the last item that the producer puts is not work but a
**sentinel**: here `None`, which tells the consumer to stop.
"""

import time
from multiprocessing import Process, Queue


def produce(tasks):
    for number in range(1, 11):
        tasks.put({"job": number})
        print(f"producer: put job {number}")
        time.sleep(0.35)
    tasks.put(None)
    print("producer: that was all")


def consume(tasks):
    while True:
        task = tasks.get()
        if task is None:
            break
        print(f"consumer: job {task['job']} begins")
        time.sleep(0.7)
    print("consumer: got None, so I stop")


if __name__ == "__main__":
    tasks = Queue()
    producer = Process(target=produce, args=(tasks,), name="producer")
    consumer = Process(target=consume, args=(tasks,), name="consumer")
    producer.start()
    consumer.start()
    producer.join()
    consumer.join()
    print("main: both have ended")
