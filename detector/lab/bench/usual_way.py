"""The usual ways of scoring a stream, message by message; a program on its own: `usual_way.py step|window|trees SECONDS`.

In: nothing. Out: a line of JSON, how many messages in how many seconds. Imports nothing of ours, since it runs in an environment
that has none of it.
"""

import json
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Any

DEVICES, HIDDEN, WINDOW, CHANNELS = 50, 32, 64, ("temperature", "pressure", "vibration")

PAYLOADS = [
    b'{"ts":1764000000000000,"temperature":%.3f,"pressure":%.3f,"vibration":%.3f,"site":"hall-07-line-0003"}'
    % (50 + number % 7, 40 + number % 11, 30 + number % 13)
    for number in range(64)
]

WARM_UP = 100
"""Messages before the clock runs."""


def lstm_step() -> Callable[[int, list[float]], float]:
    """Keep a hidden state for each device, and take it one call further with each message."""
    torch, lstm, head = _network()
    states: dict[int, Any] = {}

    def score(device: int, values: list[float]) -> float:
        output, states[device] = lstm(torch.tensor([[values]]), states.get(device))
        return float((head(output[0, -1]) - torch.tensor(values)).abs().sum())

    return score


def lstm_window() -> Callable[[int, list[float]], float]:
    """Keep the last readings of each device, and encode all of them anew with each message."""
    torch, lstm, head = _network()
    windows: dict[int, deque[list[float]]] = {}

    def score(device: int, values: list[float]) -> float:
        window = windows.setdefault(device, deque([values] * WINDOW, maxlen=WINDOW))
        window.append(values)
        output, _ = lstm(torch.tensor([list(window)]))
        return float((head(output[0, -1]) - torch.tensor(values)).abs().sum())

    return score


def half_space_trees() -> Callable[[int, list[float]], float]:
    """Keep a forest for each device, ask it and teach it with each message, with river's own defaults."""
    from river.anomaly import HalfSpaceTrees  # type: ignore[import-not-found]

    forests: dict[int, Any] = {}

    def score(device: int, values: list[float]) -> float:
        forest = forests.get(device)
        if forest is None:
            forest = forests[device] = HalfSpaceTrees(limits=dict.fromkeys(CHANNELS, (0.0, 100.0)), seed=1)
        features = dict(zip(CHANNELS, values, strict=True))
        found = float(forest.score_one(features))
        forest.learn_one(features)
        return found

    return score


def _network() -> tuple[Any, Any, Any]:
    """Return torch, and a network of the size of ours, on one thread and without gradients."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(1)
    torch.set_grad_enabled(False)
    return torch, torch.nn.LSTM(len(CHANNELS), HIDDEN, batch_first=True), torch.nn.Linear(HIDDEN, len(CHANNELS))


WAYS = {"step": lstm_step, "window": lstm_window, "trees": half_space_trees}


def main() -> None:
    """Score for so many seconds, and say how much that was."""
    score, seconds, messages = WAYS[sys.argv[1]](), float(sys.argv[2]), 0
    began = time.perf_counter()
    while messages <= WARM_UP or time.perf_counter() - began < seconds:
        if messages == WARM_UP:
            began = time.perf_counter()
        said = json.loads(PAYLOADS[messages % len(PAYLOADS)])
        score(messages % DEVICES, [said[channel] for channel in CHANNELS])
        messages += 1
    print(json.dumps({"messages": messages - WARM_UP, "seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
