"""An event loop waits for a task of an executor that takes longer than a program is watched before it is judged."""

import asyncio
import time
from concurrent.futures import ProcessPoolExecutor


def job(n):
    time.sleep(9)
    return n


async def main():
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(2) as ex:
        print(await asyncio.gather(*[loop.run_in_executor(ex, job, i) for i in range(2)]))


if __name__ == "__main__":
    asyncio.run(main())
