"""What a fleet needs grows with it, and what does not suffice is said."""

from dataclasses import astuple
from pathlib import Path

import pytest

from detector.lab import plan
from detector.lab.bench import constants
from detector.lab.bench.constants import Constants, HeadConstants

ROOT = Path(__file__).parent.parent.parent.parent

HEAD = HeadConstants(row_bytes=10_000.0, object_bytes=1_000.0, snapshot_bytes=9_000.0, reading_us=5.0, message_us=20.0)
MEASURED = Constants("a command", "2026-11-25", "a processor", 5e7, 50.0, {"rls": HEAD})
AMPLE = plan.Machine(2**40, 2**44, 64)


def objections(fleet: plan.Fleet, machine: plan.Machine = AMPLE) -> str:
    """Return all that is said of a fleet on a machine."""
    return "\n".join(plan.objections(fleet, plan.needs(fleet, MEASURED), machine))


def test_needs_are_what_was_measured_times_what_is_wanted() -> None:
    """Channels take memory, readings and messages cost time; a day of readings goes to the journal."""
    need = plan.needs(plan.Fleet(1000, 3, 0.5, "rls"), MEASURED)
    assert need.memory_bytes == 5e7 + 3000 * (10_000 + 1000)
    assert need.cores == pytest.approx(1e-6 * (500 * 20 + 1500 * 5))
    assert need.journal_bytes_a_day == 1500 * 86_400 * 50


def test_messages_that_come_singly_keep_part_of_a_core_busy() -> None:
    """Few take a step each, more share it, and where many are needed cores for there is no difference."""
    few, more, many = (plan.needs(plan.Fleet(100, 3, rate, "rls"), MEASURED) for rate in (0.1, 100.0, 1000.0))
    assert few.cores < 0.01 < few.busy_cores == pytest.approx(0.06)
    assert more.cores < more.busy_cores == plan.SINGLY_CORES
    assert many.busy_cores == many.cores > 1.0


def test_a_small_fleet_fits() -> None:
    """Nothing is said of a fleet that the defaults and the machine have room for."""
    assert objections(plan.Fleet(100, 3, 0.1, "rls")) == ""


@pytest.mark.parametrize(
    ("fleet", "machine", "said"),
    [
        (plan.Fleet(10_001, 1, 0.001, "rls"), AMPLE, "engine.max_devices"),
        (plan.Fleet(10, 65, 0.001, "rls"), AMPLE, "engine.max_channels"),
        (plan.Fleet(9_000, 4, 0.001, "rls"), AMPLE, "engine.max_total_channels"),
        (plan.Fleet(9_000, 8, 0.001, "rls"), AMPLE, "MemoryMax"),
        (plan.Fleet(9_000, 3, 10.0, "rls"), AMPLE, "daemons share"),
        (plan.Fleet(9_000, 3, 3.0, "rls"), AMPLE, "engine.own_process"),
        (plan.Fleet(9_000, 3, 3.0, "rls"), plan.Machine(2**40, 2**44, 1), "daemons share"),
        (plan.Fleet(1_000, 3, 1.0, "rls"), AMPLE, "journal.max_size"),
        (plan.Fleet(1_000, 3, 0.001, "rls"), plan.Machine(10**8, 2**44, 2), "of memory to give"),
        (plan.Fleet(1_000, 3, 0.001, "rls"), plan.Machine(2**40, 10**7, 2), "The disk has"),
    ],
)
def test_what_does_not_suffice_is_said(fleet: plan.Fleet, machine: plan.Machine, said: str) -> None:
    """Each limit that a fleet goes beyond is named."""
    assert said in objections(fleet, machine)


def test_unit_allows_what_the_plan_says() -> None:
    """The memory that the plan knows of is that of the shipped systemd unit."""
    unit = (ROOT / "deploy/systemd/detector.service").read_text(encoding="utf-8")
    assert f"MemoryMax={plan.MEMORY_MAX // 2**30}G" in unit


def test_what_is_shipped_was_measured() -> None:
    """None of the constants is a nought for want of a figure."""
    shipped = constants.read()
    assert {"lms", "rls"} <= shipped.heads.keys()
    assert min(min(astuple(head)) for head in shipped.heads.values()) > 0.0
