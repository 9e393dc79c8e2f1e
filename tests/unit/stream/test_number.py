"""Single values: which of them are numbers."""

import pytest

from detector.domain import Rejected, RejectReason
from detector.stream.number import as_number, parse_number


@pytest.mark.parametrize("value", [10**400, -(10**400), float("inf"), float("nan")])
def test_what_no_float_can_hold_is_not_finite(value: float) -> None:
    """An integer too large for a float, infinity and not-a-number are rejected as not finite."""
    rejected = as_number(value, "x")
    assert isinstance(rejected, Rejected)
    assert rejected.reason is RejectReason.NOT_FINITE


@pytest.mark.parametrize(("value", "number"), [(3, 3.0), (2.5, 2.5), (2**64, 2.0**64), (-0.0, 0.0)])
def test_a_number_is_a_float(value: float, number: float) -> None:
    """Integers and floats are taken as floats."""
    assert as_number(value, "x") == number


def test_a_rejection_shows_little_of_a_payload_and_nothing_unprintable() -> None:
    """A rejection shows at most 60 characters of what was there, unprintable ones escaped."""
    rejected = parse_number("\x1b[31m" + "z" * 500, "x\ny")
    assert isinstance(rejected, Rejected)
    assert rejected.detail.isprintable()
    assert rejected.detail.count("z") < 60
