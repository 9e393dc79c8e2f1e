"""What the contenders are: the last value expects the last value, and the rivals see what they are there to see."""

from pathlib import Path

import numpy as np
import pytest

from detector.domain import Reading
from detector.forecast.forecaster import Forecaster
from detector.forecast.network import Network
from detector.forecast.scaling import FEATURES
from detector.lab.evaluate.contenders import Contender, Method, build
from detector.lab.tally import Opened
from detector.settings import Budget, HeadKind
from detector.state.rows import Rows
from detector.stream.batch import Batcher
from tests.fleet import noise, readings

MODEL = Path(__file__).parents[4] / "models" / "base"
CALM = noise(1, 600)


def opened(method: Method, stream: list[Reading]) -> list[Opened]:
    """Return the alerts that a contender opens."""
    subject = build(Contender(method, MODEL, Budget.parse("1 per device per day")))
    return [alert for batch in Batcher(4096).cut(stream) for alert in subject.step(batch).opened]


def test_the_last_value_expects_no_change() -> None:
    """Whatever the readings were, the next one is expected to be the same as the last."""
    forecaster = Forecaster(Network.blank(FEATURES), 7 * 86_400.0, HeadKind.NONE)
    forecaster.grow(1)
    one = np.ones(1, np.int64)
    last = np.nan
    for step, value in enumerate(noise(3, 50)):
        rows = Rows(np.zeros(1, np.intp), np.array([value]), one * step * 10**7, np.full(1, 10.0), one, one)
        forecast = forecaster.predict(rows)
        if forecast.known[0]:
            assert forecast.expected[0] == last
        forecaster.learn(rows, forecast, np.zeros(1, np.bool_))
        last = value


@pytest.mark.parametrize("method", Method)
def test_every_contender_tells_of_a_stuck_sensor(method: Method) -> None:
    """The stuck rule is in the layer that all of them share."""
    assert "stuck" in [alert.kind for alert in opened(method, readings("pump", CALM + [CALM[-1]] * 100))]


@pytest.mark.parametrize("method", [Method.DETECTOR, Method.LAST_VALUE, Method.EWMA])
def test_a_jump_is_told_at_its_first_reading(method: Method) -> None:
    """Sixteen deviations away is strange to whoever looks at values."""
    stream = readings("pump", [*CALM, 28.0])
    assert stream[-1].at in [alert.at for alert in opened(method, stream)]


def test_run_length_alone_sees_no_jump() -> None:
    """With nothing but the stuck rule, a jump is not told."""
    assert opened(Method.RUN_LENGTH, readings("pump", [*CALM, 28.0, *noise(2, 20)])) == []


def test_contenders_are_named_apart() -> None:
    """A detector is named with its model, a rival by its method, and the weights are hashed."""
    budget = Budget.parse("1 per device per week")
    assert Contender(Method.DETECTOR, MODEL, budget).name == "detector (base)"
    assert Contender(Method.EWMA, MODEL, budget).name == "ewma"
    assert Contender(Method.DETECTOR, MODEL, budget, alone=True).name == "detector (base), alone"
    assert len(Contender(Method.EWMA, MODEL, budget).as_json()["sha256"]) == 64
