"""How many readings a channel needs before it is forecast, and scored.

In: nothing. Out: two numbers.
"""

WARM_UP = 16
"""Readings before a channel's forecasts are worth calibrating."""

CALIBRATED = 64
"""Readings after which a channel is scored."""
