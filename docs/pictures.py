"""Makes the pictures of the documents with the program itself.

python docs/pictures.py [NAME…]
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rockproc.observer.run import running_programs
from rockproc.observer.run.run import Run
from rockproc.observer.scenarios.catalog import Scenario, bundled
from rockproc.observer.scenarios.launch import Launch
from rockproc.tui.actions.table import ACTIONS
from rockproc.tui.app.application import RockprocApp

IMAGES = Path(__file__).parent / "images"


def scenario(name: str) -> Scenario:
    """Return the bundled scenario of that name."""
    return next(scenario for scenario in bundled() if scenario.path.stem == name)


@dataclass(frozen=True)
class Picture:
    """A picture that is taken of the app once its screen is ready and some actions were performed."""

    name: str
    opens: str | None
    """The name of a scenario for the Lab, or None for the Catalog."""
    ready: Callable[[str], bool]
    """Returns True if the screen, as SVG, shows the subject of the picture."""
    actions: tuple[str, ...] = ()
    """The ids of actions, or keys that belong to no action."""
    size: tuple[int, int] = (140, 40)


def shows(text: str) -> Callable[[str], bool]:
    """Return a condition that holds once the screen, as SVG, contains the text."""
    return lambda svg: text in svg


ended = shows("exit&#160;0")
deadlock = shows("waits&#160;to&#160;acquire")
"""The start of the sentence about the wait of each process in the deadlock."""
PICTURES = (
    Picture("catalog", None, shows("Queue"), ("down",) * 6),
    Picture("lab", "two_locks", deadlock),
    Picture("queue", "pipeline", shows("bills")),
    Picture("processes", "two_locks", deadlock, ("panel(1)", "zoom", "down"), (118, 26)),
    Picture("timeline", "pipeline", ended, ("panel(2)", "zoom", "plus", "down"), (118, 22)),
    Picture("messages", "pipeline", ended, ("panel(3)", "zoom"), (118, 30)),
    Picture("mandelbrot", "mandelbrot", ended, ("panel(4)", "zoom"), (100, 40)),
    Picture("waits", "two_locks", deadlock, ("panel(5)", "zoom", "end"), (80, 18)),
    Picture("output", "pipeline", ended, ("panel(6)", "zoom"), (118, 22)),
    Picture("findings", "two_locks", deadlock, ("findings",), (118, 34)),
    Picture("pools", "pool_map", shows("Pool"), ("pools",), (118, 34)),
    Picture("source", "two_locks", deadlock, ("source",), (118, 34)),
    Picture("stack", "two_locks", deadlock, ("panel(1)", "down", "stack"), (118, 34)),
    Picture("lesson", "two_locks", shows("worker-1"), ("lesson",), (118, 34)),
    Picture("steps", "two_locks", deadlock, ("steps",), (118, 34)),
    Picture("in-words", "two_locks", deadlock, ("words", "zoom"), (118, 34)),
    Picture("history", "two_locks", deadlock, ("history", "zoom"), (118, 26)),
    Picture("legend", "two_locks", deadlock, ("legend", "zoom"), (118, 22)),
    Picture("handle", "two_locks", deadlock, ("panel(1)", "down", "handle", "zoom"), (118, 26)),
    Picture("commands", "two_locks", deadlock, ("panel(1)", "down", "terminate", "commands"), (118, 34)),
)
PATIENCE_SECONDS = 40.0
LOOK_SECONDS = 0.2
SETTLE_SECONDS = 1.0


def key(action: str) -> str:
    """Return the first key of an action of the Lab, or the key itself."""
    return next(
        (known.keys.split(",")[0] for known in ACTIONS if known.id == action and known.scope != "catalog"), action
    )


async def draw(picture: Picture) -> str:
    """Return the picture as SVG. Raises SystemExit when the screen never becomes ready."""
    # The user's own keys and choices must not show in it, nor those of the picture before.
    os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp()
    opens = scenario(picture.opens) if picture.opens else None
    app = RockprocApp(Run, opens=opens, template=Launch(str(opens.path)) if opens is not None else None)
    async with app.run_test(size=picture.size) as pilot:
        for _ in range(int(PATIENCE_SECONDS / LOOK_SECONDS)):
            await pilot.pause(LOOK_SECONDS)
            if picture.ready(app.export_screenshot()):
                break
        else:
            raise SystemExit(f"{picture.name}: the screen never became ready")
        for action in picture.actions:
            await pilot.press(key(action))
            await pilot.pause(LOOK_SECONDS)
        await app.workers.wait_for_complete()
        await pilot.pause(SETTLE_SECONDS)
        svg = app.export_screenshot(title="rockproc-tui")
        app.exit()
    # Fonts from elsewhere would make the picture depend on the network.
    return re.sub(r"@font-face\s*\{.*?\}", "", svg, flags=re.DOTALL).replace("Fira Code", "DejaVu Sans Mono")


async def main(names: list[str]) -> None:
    """Draw the pictures of these names, or all."""
    os.environ.update(COLORTERM="truecolor", TERM="xterm-256color")
    running_programs.list_programs = list  # what else runs on this machine is not in the picture of the Catalog
    for picture in PICTURES:
        if not names or picture.name in names:
            print(picture.name, flush=True)
            (IMAGES / f"{picture.name}.svg").write_text(await draw(picture))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
