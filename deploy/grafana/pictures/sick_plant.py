"""A plant to take pictures of: twelve pumps at sixty times real time, some of them sick, with a real broker, daemon and Prometheus.

    python -m deploy.grafana.pictures.sick_plant --minutes 12

In: how long it lives before the pictures are taken. Out: a line with Prometheus' address once that time is over; all of it runs on
until the standard input ends or Ctrl-C. The plant's clock began long ago, and arrives at now when the time is over.
"""

import argparse
import signal
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from detector.domain import MICROSECONDS, EventTime
from detector.lab.broker import child_process, embedded_broker, free_port
from detector.lab.daemon_process import running_daemon
from detector.lab.faults import SIZES, Fault, FaultKind
from detector.lab.link import Publisher
from detector.lab.plant import Plant
from detector.lab.simulate import Plan, publish_step
from detector.settings import MqttSettings

SPEED: Final = 60.0
CADENCE_S: Final = 10.0
"""Event time between two readings of a pump."""
SEED: Final = 3
SCRAPES: Final = """\
global: {{scrape_interval: 1s}}
scrape_configs: [{{job_name: detector, static_configs: [{{targets: ["{daemon}"], labels: {{instance: plant-1}}}}]}}]
"""
STORY: Final = (
    (FaultKind.STEP, "pump-05", "temperature", 0.45, 0.60),
    (FaultKind.STUCK, "pump-10", "flow", 0.50, 0.62),
    (FaultKind.NOISE, "pump-12", "temperature", 0.66, 0.78),
    (FaultKind.RANGE, "pump-03", "pressure", 0.86, 9.0),
    (FaultKind.SILENCE, "pump-08", None, 0.88, 9.0),
    (FaultKind.STEP, "pump-07", "pressure", 0.93, 9.0),
    (FaultKind.STUCK, "pump-11", "vibration", 0.84, 9.0),
)
"""What goes wrong: kind, pump, channel, from and until which share of the time."""


def live(plan: Plan, faults: list[Fault], publisher: Publisher, duration_s: float) -> None:
    """Publish at the pace of the plant until it arrives at now; say so, and go on as fast as the time does."""
    began, before = time.monotonic(), None
    steps = round(duration_s * SPEED / CADENCE_S)
    for step, clean in enumerate(plan.plant.life(plan.start, CADENCE_S)):
        due_s = min(step, steps) * CADENCE_S / SPEED + max(0, step - steps) * CADENCE_S
        time.sleep(max(0.0, began + due_s - time.monotonic()))
        before, messages = publish_step(plan, step, faults, clean, clean if before is None else before)
        for message in messages:
            publisher.publish(message.topic, message.payload)
        if step == steps:
            print("alive", flush=True)


def main() -> None:
    """Run everything; end all of it when we are told to."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=12.0)
    duration_s = 60.0 * parser.parse_args().minutes
    start = EventTime(int((time.time() + duration_s - SPEED * duration_s) * MICROSECONDS))
    plan = Plan(Plant(SEED, 12), start, CADENCE_S, SPEED, with_faults=False)
    faults = [
        Fault(device, channel, kind, plan.at(begin * duration_s * SPEED / CADENCE_S), plan.at(end * duration_s * SPEED / CADENCE_S), SIZES[kind])
        for kind, device, channel, begin, end in STORY
    ]  # fmt: skip
    with (
        TemporaryDirectory(prefix="pictures-") as place,
        embedded_broker() as broker,
        running_daemon(broker, Path(place)) as daemon,
    ):
        port = free_port()
        (Path(place) / "prometheus.yml").write_text(SCRAPES.format(daemon=daemon.url.removeprefix("http://")))
        options = [
            f"--config.file={place}/prometheus.yml",
            f"--storage.tsdb.path={place}/tsdb",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        with child_process(["prometheus", *options], Path(place) / "prometheus.log"):
            print(f"http://127.0.0.1:{port}", flush=True)
            with Publisher(MqttSettings(servers=[broker.url]), "plant") as publisher:
                live(plan, faults, publisher, duration_s)


if __name__ == "__main__":
    main()
