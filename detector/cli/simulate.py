"""`detector simulate`: a plant with seeded faults on a real broker; a load generator as well.

In: arguments. Out: MQTT messages, a truth log of the faults, the achieved rate.
"""

import argparse
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

import orjson

from detector.cli.arguments import positive_count, positive_number
from detector.cli.stopping import stop_on_signals
from detector.clock import SystemClock
from detector.domain import MICROSECONDS, EventTime
from detector.errors import DetectorError
from detector.lab.faults import Fault
from detector.lab.link import Publisher
from detector.lab.plant import CHANNELS, Plant
from detector.lab.simulate import TOPIC, Pacer, Plan, Progress
from detector.settings import MqttSettings
from detector.settings.quantities import parse_duration

TELL_EVERY_S = 0.5
"""How often the progress line is renewed."""


def duration(text: str) -> float:
    """Read `30s`, `5m` as seconds, for argparse."""
    try:
        return parse_duration(text)
    except ValueError as fault:
        raise argparse.ArgumentTypeError(str(fault)) from fault


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Fill in the parser."""
    add = parser.add_argument
    add("--server", default="mqtt://localhost:1883", metavar="URL", help="mqtt://, mqtts://, ws:// or wss://")
    add("--devices", type=positive_count, default=12, metavar="N", help="pumps of the plant (default 12)")
    add("--rate", type=positive_number, default=1.0, metavar="R", help="readings of a device in a second (default 1)")
    add("--speed", type=positive_number, default=1.0, help="event seconds in a wall-clock second (default 1)")
    add("--duration", type=duration, metavar="30s", help="stop after so much wall-clock time (default: never)")
    add("--seed", type=int, default=1, help="the same seed is the same plant and the same faults")
    add("--faults", action=argparse.BooleanOptionalAction, default=True, help="break something now and then")
    add("--truth", type=Path, metavar="FILE.jsonl", help="write each fault here as it begins")
    add("--channels", type=channels, default=CHANNELS, metavar="A,B", help=f"of {', '.join(CHANNELS)} (default all)")
    add("--topic", type=topic, default=TOPIC, help=f"with {{site}} and {{device}} (default {TOPIC})")
    add("--qos", type=int, choices=(0, 1), default=1)
    add("--protocol", choices=("5", "3.1.1"), default="5", help="version of MQTT")
    add("--username")
    add("--password-file", type=Path)
    add("--ca-file", type=Path, help="authorities to trust for mqtts:// and wss://")


def channels(text: str) -> tuple[str, ...]:
    """Read names of channels with commas between, for argparse."""
    names = tuple(text.split(","))
    unknown = [name for name in names if name not in CHANNELS]
    if unknown:
        raise argparse.ArgumentTypeError(f"expected some of {', '.join(CHANNELS)}, got {unknown[0]!r}")
    return names


def topic(text: str) -> str:
    """Read a topic with its braces, for argparse."""
    try:
        known = text.format(site="s", device="d")
    except (KeyError, IndexError, ValueError) as fault:
        raise argparse.ArgumentTypeError(f"expected a topic with {{site}} and {{device}}, got {text!r}") from fault
    if "{device}" not in text or set(known) & set("+#"):
        raise argparse.ArgumentTypeError(f"expected a topic with {{device}} and no wildcard, got {text!r}")
    return text


def run(arguments: argparse.Namespace) -> int:
    """Publish until the duration is over or somebody stops us."""
    settings = _settings(arguments)
    plan = Plan(
        Plant(arguments.seed, arguments.devices),
        EventTime(int(time.time() * MICROSECONDS)),
        cadence_s=1.0 / arguments.rate,
        speed=arguments.speed,
        duration_s=arguments.duration,
        with_faults=arguments.faults,
        channels=arguments.channels,
        topic=arguments.topic,
    )
    stop, progress = threading.Event(), Progress()
    with ExitStack() as stack:
        truth = None if arguments.truth is None else stack.enter_context(_open(arguments.truth))
        publisher = stack.enter_context(Publisher(settings, f"detector-simulate-{os.getpid()}"))
        stack.enter_context(stop_on_signals(stop))
        stack.enter_context(_telling(progress))
        Pacer(publisher, SystemClock(), stop, progress).run(plan, lambda fault: _note(truth, fault))
    rate = progress.published / max(progress.elapsed_s, 1e-9)
    print(
        f"published {progress.published} messages in {progress.elapsed_s:.1f} s: {rate:.0f}/s, "
        f"{rate * len(plan.channels):.0f} readings/s",
        file=sys.stderr,
    )
    return 0


def _settings(arguments: argparse.Namespace) -> MqttSettings:
    """Return the arguments as the daemon's own kind of settings.

    Raises: DetectorError when the URL is none.
    """
    try:
        return MqttSettings.model_validate(
            {
                "servers": [arguments.server],
                "qos": arguments.qos,
                "protocol": arguments.protocol,
                "username": arguments.username,
                "password_file": arguments.password_file,
                "tls": {"ca_file": arguments.ca_file},
            }
        )
    except ValueError as fault:
        raise DetectorError(
            f"--server: expected mqtt://localhost:1883 or the like, got {arguments.server!r}"
        ) from fault


def _open(file: Path) -> TextIO:
    """Open the truth log.

    Raises: DetectorError when it cannot be written.
    """
    try:
        return file.open("w", encoding="utf-8", buffering=1)
    except OSError as fault:
        raise DetectorError(f"--truth: expected a file that can be written, got: {fault}") from fault


def _note(truth: TextIO | None, fault: Fault) -> None:
    """Write a fault into the truth log."""
    if truth is not None:
        truth.write(orjson.dumps(fault.as_json()).decode() + "\n")


@contextmanager
def _telling(progress: Progress) -> Iterator[None]:
    """Keep a progress line on a terminal; stay silent in a pipe."""
    if not sys.stderr.isatty():
        yield
        return
    over = threading.Event()

    def tell() -> None:
        while not over.wait(TELL_EVERY_S):
            rate = progress.published / max(progress.elapsed_s, 1e-9)
            late = f", {progress.late_s:.1f} s behind" if progress.late_s > 1.0 else ""
            line = f"\r{progress.elapsed_s:8.1f} s  {progress.published} messages  {rate:.0f}/s{late}\x1b[K"
            print(line, end="", file=sys.stderr, flush=True)

    teller = threading.Thread(target=tell, name="progress", daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()
        print("\r\x1b[K", end="", file=sys.stderr)
