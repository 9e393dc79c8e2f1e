"""Durations, sizes and budgets, from text and back."""

import pytest
from pydantic import ValidationError

from detector.settings import Budget, BudgetScope, EngineSettings
from detector.settings.quantities import format_duration, format_size, parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("30s", 30.0), ("1.5m", 90.0), ("2h", 7200.0), ("7d", 604800.0), ("1w", 604800.0)],
)
def test_a_duration_is_a_number_with_a_unit(text: str, seconds: float) -> None:
    """A duration is a number with a unit."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["fast", "30", "", "0s", "-1s", "1e3s", "30 s", "30s\n", "٣s", "9" * 400 + "s", None, True, [1]]
)
def test_anything_else_is_no_duration(text: object) -> None:
    """Anything else is no duration, and the fault says what one looks like."""
    with pytest.raises(ValueError, match="expected a duration such as 30s"):
        parse_duration(text)


def test_a_number_without_a_unit_is_told_to_get_one() -> None:
    """A number without a unit is told to get one."""
    with pytest.raises(ValueError, match=r"got 30; add a unit: 30s for seconds"):
        parse_duration(30)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.25, "250ms"), (30.0, "30s"), (90.0, "90s"), (3600.0, "1h"), (604800.0, "7d"), (1.37, "1370ms")],
)
def test_a_duration_is_written_in_the_largest_whole_unit(seconds: float, text: str) -> None:
    """A duration is written in the largest unit that gives a whole number."""
    assert format_duration(seconds) == text


@pytest.mark.parametrize(("text", "size"), [("1B", 1), ("64KiB", 65536), ("1.5MiB", 1572864), ("1GiB", 2**30)])
def test_a_size_is_a_number_with_a_binary_unit(text: str, size: int) -> None:
    """A size is a number with a binary unit."""
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["1", "1kB", "1MB", "0B", "0.5B", "9" * 400 + "B", "", None, 5])
def test_anything_else_is_no_size(text: object) -> None:
    """Anything else is no size, not even one in powers of ten."""
    with pytest.raises(ValueError, match="expected a size such as 64KiB"):
        parse_size(text)


@pytest.mark.parametrize(("size", "text"), [(1, "1B"), (1536, "1536B"), (65536, "64KiB"), (2**30, "1GiB")])
def test_a_size_is_written_in_the_largest_whole_unit(size: int, text: str) -> None:
    """A size is written in the largest unit that gives a whole number."""
    assert format_size(size) == text


def test_a_budget_is_read_in_words() -> None:
    """A budget is read in words and knows its rate."""
    budget = Budget.parse("3 per fleet per day")
    assert budget == Budget(3.0, BudgetScope.FLEET, 86400.0)
    assert budget.rate == 3 / 86400
    assert str(budget) == "3 per fleet per day"


@pytest.mark.parametrize(
    "text", ["lots", "0 per device per week", "1 per plant per week", "1 per device per year", 1, None]
)
def test_a_budget_of_another_form_is_refused(text: object) -> None:
    """A budget of another form is refused, and so is none at all."""
    with pytest.raises(ValueError, match="expected a budget such as"):
        Budget.parse(text)


def test_code_may_give_seconds_but_a_file_may_not() -> None:
    """Code may give a duration in seconds; a file, which comes as JSON, may not."""
    assert EngineSettings(memory=60.0).memory == 60.0
    with pytest.raises(ValidationError, match="add a unit"):
        EngineSettings.model_validate_json('{"memory": 60.0}')
