"""Makes the pictures of the documents, by the program itself.

python docs/pictures.py
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from rockproc.observer.run.run import Run
from rockproc.observer.scenarios.catalog import Scenario, bundled
from rockproc.observer.scenarios.launch import Launch
from rockproc.tui.app import RockprocApp

HERE = Path(__file__).parent
SIZE = (140, 40)


def scenario(name: str) -> Scenario:
    return next(each for each in bundled() if each.path.stem == name)


async def picture(
    name: str,
    opens: Scenario | None,
    ready: Callable[[str], bool],
    keys: tuple[str, ...] = (),
    size: tuple[int, int] = SIZE,
    patience: float = 20,
) -> None:
    """Open the app, wait until its screen is `ready`, press keys, and save it as NAME.svg."""
    # Nobody's own keys and choices are to be seen in it, nor those of the picture before.
    os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp()
    app = RockprocApp(Run, opens=opens, template=Launch(str(opens.path)) if opens is not None else None)
    async with app.run_test(size=size) as pilot:
        for _ in range(int(patience / 0.2)):
            await pilot.pause(0.2)
            if ready(app.export_screenshot()):
                break
        else:
            raise SystemExit(f"{name}: the screen never came to the point")
        for key in keys:
            await pilot.press(key)
        await pilot.pause(0.5)
        svg = app.export_screenshot(title="rockproc-tui")
        app.exit()
    # Fonts from elsewhere would make the picture depend on the network.
    svg = re.sub(r"@font-face\s*\{.*?\}", "", svg, flags=re.DOTALL).replace("Fira Code", "DejaVu Sans Mono")
    (HERE / f"{name}.svg").write_text(svg)


def ended(svg: str) -> bool:
    return "exit&#160;0" in svg


async def main() -> None:
    os.environ.update(COLORTERM="truecolor", TERM="xterm-256color")
    await picture("catalog", None, lambda svg: "Queue" in svg, ("down",) * 6)
    await picture("lab", scenario("two_locks"), lambda svg: "deadlock" in svg)
    await picture("queue", scenario("pipeline"), lambda svg: "bills" in svg)
    await picture("timeline", scenario("pipeline"), ended, ("2", "enter", "plus", "down"), (118, 22))
    await picture("waits", scenario("two_locks"), lambda svg: "deadlock" in svg, ("5", "enter", "end"), (80, 18))
    await picture("mandelbrot", scenario("mandelbrot"), ended, ("4", "enter"), (100, 40))


if __name__ == "__main__":
    asyncio.run(main())
