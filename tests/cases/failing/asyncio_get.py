"""A coroutine waits for a multiprocessing Queue in a thread and is cancelled."""

import asyncio
from multiprocessing import Process, Queue


def producer(events):
    for n in range(3):
        events.put(n)


async def listen(events):
    loop = asyncio.get_running_loop()
    while True:
        print("event", await loop.run_in_executor(None, events.get), flush=True)


async def main():
    events = Queue()
    process = Process(target=producer, args=(events,))
    process.start()
    try:
        await asyncio.wait_for(listen(events), 4)
    except asyncio.TimeoutError:
        print("no more events, leaving", flush=True)
    process.join()


if __name__ == "__main__":
    asyncio.run(main())
    print("left", flush=True)
