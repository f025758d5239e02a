"""The list of processes can be sorted, filtered and reduced, and shows details."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from rockproc.observer.kernel.idle import ASLEEP, FOR_A_THREAD
from rockproc.observer.model import Site, State, ThreadCpu, Wait
from rockproc.tui.app.application import RockprocApp
from rockproc.tui.screens.lab import Lab
from rockproc.widgets.bases.rows import Row, length
from rockproc.widgets.bases.view import View
from rockproc.widgets.panels import process_rows
from rockproc.widgets.panels.processes import Processes
from textual import events

from tests.fakes import FOUR, MAIN, ONE, THREE, TWO, FakeRun, snapshot
from tests.parameters import fast_first
from tests.tui.conftest import lab, run, run_again, settled, text_of


def keys(app: RockprocApp) -> list[object]:
    return [row.key for row in lab(app).processes._rows if isinstance(row.key, int)]


def busy() -> None:
    """Give each process another use of the machine."""
    world = snapshot()
    cpu = {MAIN: 0.0, ONE: 12.0, TWO: 99.0}
    rss = {MAIN: 5_000_000, ONE: 90_000_000, TWO: 40_000_000}
    FakeRun.first = replace(
        world,
        processes=tuple(
            replace(process, cpu=cpu.get(process.key), rss=rss.get(process.key), cpu_history=(0.0, 50.0, 99.0))
            for process in world.processes
        ),
    )


async def test_the_order_is_chosen_and_shown(lab_app: RockprocApp) -> None:
    busy()
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        assert keys(lab_app) == [MAIN, ONE, TWO, THREE, FOUR]
        await pilot.press("up", "down", "o")
        assert keys(lab_app)[:3] == [MAIN, TWO, ONE]  # children below their parent
        assert "3 alive of 5 · by cpu" in text_of(lab_app)
        assert lab(lab_app).processes.process.key == ONE  # type: ignore[union-attr]
        await pilot.press("o")
        assert keys(lab_app)[:3] == [MAIN, ONE, TWO]
        assert "├ worker-1" in text_of(lab_app)
        await pilot.press("o")
        assert keys(lab_app) == [MAIN, ONE, TWO, THREE, FOUR]
        await pilot.press("o")
        assert "by time in state" in text_of(lab_app)
        assert keys(lab_app) == [MAIN, FOUR, THREE, ONE, TWO]
        await pilot.press("o")
        assert "├ worker-1" in text_of(lab_app)
        assert "by " not in lab(lab_app).processes._title


async def test_the_selection_of_a_run_is_not_one_of_the_next(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("end")
        assert lab(lab_app).processes.process not in (None, snapshot().processes[1])
        await run_again(pilot)
        selected = lab(lab_app).processes.process
        assert selected is not None
        assert selected.key == ONE


async def test_a_narrow_list_has_rows_for_threads_that_compute_and_the_cpu_of_ended_processes(
    lab_app: RockprocApp,
) -> None:
    world = snapshot()
    main, one, *others = world.processes
    threads = (ThreadCpu(4122, "python", 0.5, 49.0), ThreadCpu(4123, "python", 0.5, 48.0))
    one = replace(one, state=State.JOINED, exitcode=0, waits=(), cpu_user=2.0, cpu_system=0.1)
    FakeRun.first = replace(world, processes=(replace(main, thread_cpu=threads), one, *others))
    async with lab_app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        text = text_of(lab_app)

        assert "thread 4122 python  49 % of a core" in text
        assert "thread 4123 python  48 % of a core" in text
        assert "exit 0 · joined · CPU ≥ 2.1 s" in text


@pytest.mark.parametrize(
    ("size", "shown"), [((80, 24), "terminate ForkPoo…rker-1"), ((140, 40), "terminate ForkPoolWorker-1")]
)
async def test_the_target_of_a_signal_keeps_its_number(lab_app: RockprocApp, size: tuple[int, int], shown: str) -> None:
    world = snapshot()
    main, one, *others = world.processes
    FakeRun.first = replace(world, processes=(main, replace(one, name="ForkPoolWorker-1"), *others))
    async with lab_app.run_test(size=size) as pilot:
        await settled(pilot)
        assert shown in text_of(lab_app).splitlines()[-1]


async def test_names_are_ordered_by_their_numbers(lab_app: RockprocApp) -> None:
    world = snapshot()
    FakeRun.first = replace(
        world,
        processes=tuple(
            replace(process, name="worker-10") if process.key == ONE else process for process in world.processes
        ),
    )
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        lab(lab_app).processes.sort("name")
        assert keys(lab_app) == [MAIN, TWO, THREE, FOUR, ONE]


async def test_the_filter_keeps_ancestors_and_the_selection(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("up", "down", "slash", *"worker-2")
        assert keys(lab_app) == [MAIN, TWO]
        rows = [row for row in lab(lab_app).processes._rows if isinstance(row.key, int)]
        assert [row.selectable for row in rows] == [False, True]
        # The lane of an ancestor begins where the other lanes begin: below the same seconds.
        shown = lab(lab_app).processes._select(lab(lab_app).processes.view)
        cells = [
            process_rows.cells(row, lab(lab_app).processes.view, 20, 30, numbers=False, charts=False) for row in shown
        ]
        assert len({length(row) for row in cells}) == 1
        assert "/worker-2" in text_of(lab_app)
        assert "1 of 5" in text_of(lab_app)
        assert text_of(lab_app).splitlines()[-1].startswith(" enter keep it")
        # Letters of the filter are no keys.
        assert run().sent == []
        assert isinstance(lab_app.screen, Lab)
        await pilot.press("enter", "t")
        assert run().sent == [(TWO, 15)]
        await pilot.press("escape")
        assert len(keys(lab_app)) == 5
        assert lab(lab_app).processes.process.key == TWO  # type: ignore[union-attr]
        assert lab_app.screen is lab(lab_app)


@pytest.mark.slow
async def test_no_key_acts_on_an_ancestor_that_does_not_match(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("up")
        assert lab(lab_app).processes.process.key == MAIN  # type: ignore[union-attr]
        await pilot.press("slash", *"worker-2", "enter", "t")
        assert run().sent == [(TWO, 15)]
        await pilot.press("home", "up", "9")
        assert run().sent == [(TWO, 15), (TWO, 9)]


@pytest.mark.slow
async def test_a_filter_without_matches_keeps_the_selection(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("up", "down", "down", "slash", *"zzz")
        assert keys(lab_app) == []
        assert "No process matches “zzz”" in text_of(lab_app)
        await pilot.press("backspace", "ctrl+u")
        assert len(keys(lab_app)) == 5
        await pilot.press(*"zz", "escape")
        assert lab(lab_app).processes.process.key == TWO  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("size", "zoom", "ends"),
    fast_first(
        [
            ((80, 24), ("enter",), ("escape",)),
            ((140, 40), (), ("enter", "slash", "escape")),
            ((140, 40), (), ("enter", "escape")),
            ((80, 24), ("enter",), ("backspace",) * 3),
            ((80, 24), ("enter",), ("enter", "slash")),
        ],
        2,
    ),
)
async def test_the_selection_returns_after_a_filter(
    lab_app: RockprocApp, size: tuple[int, int], zoom: tuple[str, ...], ends: tuple[str, ...]
) -> None:
    """The first letter of the filter already hides the selected process."""
    async with lab_app.run_test(size=size) as pilot:
        await settled(pilot)
        await pilot.press("1", "up", "down", "down", *zoom)
        await settled(pilot)
        await pilot.press("slash", *"zzz")
        assert keys(lab_app) == []
        await settled(pilot)
        await pilot.press(*ends)
        await settled(pilot)
        chosen = lab(lab_app).processes.process
        assert chosen is not None
        assert chosen.key == TWO


async def test_keys_typed_in_one_go_keep_their_order(lab_app: RockprocApp) -> None:
    """The user may type ahead: text of the filter must not act as keys, nor keys become text of the filter."""
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        for key in ("up", "down", "slash", *"worker-1", "enter", "z", "slash", "9", "escape"):
            lab_app.post_message(events.Key(key, key if len(key) == 1 else None))
        await pilot.pause()
        await pilot.pause()
        assert run().sent == [(ONE, 19)]
        assert not lab(lab_app).processes.prompting


async def test_ended_processes_are_hidden_until_shown_again(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40), notifications=True) as pilot:
        await settled(pilot)
        await pilot.press("d")
        assert any("worker-1 has not ended" in toast.message for toast in lab_app._notifications)
        await pilot.press("up", "down", "down", "down", "d")
        assert keys(lab_app) == [MAIN, ONE, TWO, FOUR]
        assert "1 hidden, H shows" in text_of(lab_app)
        await pilot.press("H")
        assert keys(lab_app) == [MAIN, ONE, TWO, THREE, FOUR]
        await pilot.press("D")
        assert keys(lab_app) == [MAIN, ONE, TWO, FOUR]


async def test_the_list_works_while_the_view_is_held(lab_app: RockprocApp) -> None:
    busy()
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("space", "o", "D", "slash", *"worker")
        assert keys(lab_app) == [MAIN, TWO, ONE, FOUR]


async def test_details_of_a_process_are_shown(lab_app: RockprocApp) -> None:
    busy()
    world = FakeRun.first
    assert world is not None
    path = lab_app.template.script
    waits = (
        Wait("acquire", "lock_b", 1, 3.0, Site(path, 18), 1),
        Wait("get", "tasks", 2, 4.0, Site(path, 17), 77),
    )
    people = [
        replace(process, waits=waits, line=Site(path, 18)) if process.key == ONE else process
        for process in world.processes
    ]
    FakeRun.first = replace(world, processes=tuple(people))
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("up", "down", "enter")
        await settled(pilot)
        text = text_of(lab_app)
        for part in (
            "worker(first, second)",
            "by fork, handle made at two_locks.py:31",
            "two_locks.py:18  with first, second:",
            "acquire lock_b",
            "thread 77: get tasks",
            "holds     lock_a",
            "sends through parent ⇄ child · gets from tasks",
            "▁▅█ 12%",
        ):
            assert part in text, part


@pytest.mark.slow
async def test_only_visible_rows_are_formatted(
    lab_app: RockprocApp,
) -> None:
    main, one = snapshot().processes[:2]
    crowd = tuple(replace(one, key=1000 + number, pid=5000 + number, name=f"child-{number}") for number in range(200))
    FakeRun.first = snapshot(processes=(main, *crowd))
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        rows = lab(lab_app).processes
        assert "child-3 " in text_of(lab_app)
        assert 0 < sum(bool(row.cells) for row in rows._rows) < 60
        await pilot.press("end")
        await settled(pilot)
        assert "child-199 " in text_of(lab_app)
        assert "▸ child-199" in str(rows.border_title)
        await pilot.press("y")
        assert "child-199" in lab_app.clipboard


async def test_waits_known_only_by_the_kernel_are_shown(lab_app: RockprocApp) -> None:
    world = snapshot()
    people = [
        replace(process, state=State.WAITING, waits=(), idle=ASLEEP if process.key == ONE else FOR_A_THREAD)
        if process.key in (ONE, TWO)
        else process
        for process in world.processes
    ]
    FakeRun.first = replace(world, processes=tuple(people))
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        assert "sleeps after :17" in text_of(lab_app)
        assert FOR_A_THREAD in text_of(lab_app)


@pytest.mark.slow
async def test_the_parent_for_the_operating_system_is_shown(lab_app: RockprocApp) -> None:
    world = snapshot()
    main, one, *others = world.processes
    main = replace(main, ppid=1)
    FakeRun.first = replace(world, main=main, processes=(main, replace(one, ppid=main.pid), *others))
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("up", "down", "enter")
        assert f"parent    main ({main.pid})" in text_of(lab_app)
        assert "orphan" not in text_of(lab_app)
        ended = replace(main, state=State.JOINED, signal="SIGKILL", exitcode=-9)
        orphan = replace(one, ppid=main.ppid)
        run().world = replace(run().world, main=ended, processes=(ended, orphan, *others), now=13.0)
        await settled(pilot)
        text = text_of(lab_app)
        assert "main has ended: an orphan" in text
        assert "orphan  acquire lock_b" in text
        assert "SIGKILL joined" not in text  # nobody of the program has joined main
        server = replace(others[0], role="forkserver", name="forkserver", pid=4711)
        forked = replace(one, ppid=4711)
        processes = main, forked, server, *others[1:]
        run().world = replace(run().world, main=main, processes=processes, now=14.0)
        await settled(pilot)
        assert "parent    forkserver (4711), forked for main" in text_of(lab_app)
        await pilot.press("escape")
        await settled(pilot)
        text = text_of(lab_app)
        assert "via forkserver  acquire lock_b" in text
        assert "1 hidden, H shows" in text  # the forkserver itself
        assert keys(lab_app) == [MAIN, ONE, THREE, FOUR]
        await pilot.press("H")
        await settled(pilot)
        assert keys(lab_app) == [MAIN, ONE, TWO, THREE, FOUR]


@pytest.mark.slow
async def test_formatting_terminates_in_a_short_list(lab_app: RockprocApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each process holds a lock, which has a row above it: no row may appear or disappear by scrolling."""
    main, one = snapshot().processes[:2]
    crowd = tuple(replace(one, key=1000 + number, pid=5000 + number, name=f"child-{number}") for number in range(12))
    lock = snapshot().locks[0]
    held = tuple(
        replace(lock, key=2000 + number, holders=(replace(lock.holders[0], process=process.key),), waiters=())
        for number, process in enumerate((main, *crowd))
    )
    FakeRun.first = snapshot(processes=(main, *crowd), locks=held)
    formats: list[int] = []
    original, resized = Processes.rows, Processes.resized

    def rows(self: Processes, view: View) -> list[Row]:
        formats[-1:] = [formats[-1] + 1] if formats else [1]
        assert formats[-1] < 20, "the rows move the cursor to and fro"
        return original(self, view)

    def counted(self: Processes) -> None:
        formats.append(0)
        resized(self)

    monkeypatch.setattr(Processes, "rows", rows)
    monkeypatch.setattr(Processes, "resized", counted)
    async with lab_app.run_test(size=(140, 30)) as pilot:
        await settled(pilot)
        processes = lab(lab_app).processes
        processes.focus()
        processes.styles.max_height = 4  # as in a low terminal with many panels
        seen: list[int] = []
        for key in ("home", *["down"] * 12, *["up"] * 12, "end", "home", "pagedown", "pageup"):
            await pilot.press(key)
            await settled(pilot)
            seen.append(sum(isinstance(row.key, int) for row in processes._rows))
        assert set(seen) == {13}
        assert len({len(processes._rows) for _ in seen}) == 1
