"""The user chooses an intervention, sees its Python, and confirms it before it is done."""

from __future__ import annotations

from msgspec.structs import replace
from rockproc.observer.model import AcquireLock, Intervention, Plan, PutItem, SetValue
from rockproc.tui.app.application import RockprocApp
from rockproc.tui.dialogs.confirm import Confirm
from rockproc.tui.dialogs.intervene import InterveneMenu, TypeValue

from tests.fakes import COUNTER, LOCK_A, FakeRun, snapshot
from tests.tui.conftest import lab, run, settled, text_of


def with_layouts() -> None:
    base = snapshot()
    values = tuple(replace(value, layout="i") if value.key == COUNTER else value for value in base.values)
    FakeRun.first = replace(base, values=values)


async def test_a_value_is_typed_and_shown_as_python(lab_app: RockprocApp) -> None:
    with_layouts()
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("4", "u")
        await settled(pilot)
        assert isinstance(lab_app.screen, InterveneMenu)
        assert lab(lab_app).controller.held  # nothing moves while the user reads
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(lab_app.screen, TypeValue)
        assert "Type the value." in text_of(lab_app)
        assert "✗" not in text_of(lab_app)  # nothing is wrong before anything is typed
        await pilot.press("7")
        await settled(pilot)
        wanted = SetValue(COUNTER, ".value = 7")
        assert f"equals  {wanted!r}" in text_of(lab_app)
        assert run().interventions == []
        await pilot.press("enter")
        await settled(pilot)
        assert run().interventions == [wanted]
        assert not lab(lab_app).controller.held


async def test_the_object_of_the_panel_is_selected(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("5", "u")
        await settled(pilot)
        (lock,) = (lock for lock in snapshot().locks if lock.key == LOCK_A)
        name = next(process.name for process in snapshot().processes if process.key == lock.holders[0].process)
        assert f"release it; {name} holds it" in text_of(lab_app)
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(lab_app.screen, Confirm)
        assert repr(AcquireLock(LOCK_A)) in text_of(lab_app)
        await pilot.press("enter")
        await settled(pilot)
        assert run().interventions == [AcquireLock(LOCK_A)]


async def test_nothing_is_done_without_confirmation(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        for keys in (("escape",), ("enter", "escape")):
            await pilot.press("5", "u")
            await settled(pilot)
            await pilot.press(*keys)
            await settled(pilot)
            assert not lab(lab_app).controller.held
        assert run().interventions == []


async def test_a_refused_intervention_is_not_sent(lab_app: RockprocApp) -> None:
    def refused(self: FakeRun, intervention: Intervention) -> Plan:  # noqa: ARG001
        return Plan("tasks.put()", "it is full")

    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        plan = FakeRun.plan
        FakeRun.plan = refused  # type: ignore[method-assign]
        try:
            await pilot.press("u")
            await settled(pilot)
            menu = lab_app.screen
            assert isinstance(menu, InterveneMenu)
            menu.dismiss(next(offer for offer in menu._offers if isinstance(offer.make(""), PutItem)))
            await settled(pilot)
            await pilot.press("1", "enter")
            await settled(pilot)
            assert isinstance(lab_app.screen, TypeValue)
            assert "✗ it is full." in text_of(lab_app)
            assert run().interventions == []
        finally:
            FakeRun.plan = plan  # type: ignore[method-assign]


async def test_the_past_cannot_be_changed(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        lab(lab_app).playback.moment = 1.0
        await pilot.press("u")
        await settled(pilot)
        assert not isinstance(lab_app.screen, InterveneMenu)
        assert "works in the present" in " ".join(toast.message for toast in lab_app._notifications)
