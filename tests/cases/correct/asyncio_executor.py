"""A coroutine runs tasks in worker processes, and something slow beside them."""

import asyncio
from concurrent.futures import ProcessPoolExecutor


def square(number):
    return number * number


async def main():
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(2) as executor:
        tasks = [loop.run_in_executor(executor, square, number) for number in range(20)]
        await asyncio.sleep(6)
        print(sum(await asyncio.gather(*tasks)))


if __name__ == "__main__":
    asyncio.run(main())
