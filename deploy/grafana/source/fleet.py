"""Fleet: is anything wrong, and with whom? A click on a device leads to it."""

from deploy.grafana.source.dashboard import Placed, dashboard, variable
from deploy.grafana.source.panel import (
    BLUE,
    GREEN,
    NARROW,
    NUMBER,
    ORANGE,
    RED,
    SEVERITY_STEPS,
    SEVERITY_WORDS,
    YELLOW,
    Json,
    amounts,
    bars,
    shown_as,
    stacked,
    stat,
    table,
    timeline,
)

I = 'instance=~"$instance"'  # noqa: E741 - stands in every query
EPISODE = "device, channel, verdict, kind, unit"


def of_episodes(name: str, by: str = "max") -> str:
    """Return one number of every open episode."""
    return f"{by} by ({EPISODE}) ({name}{{{I}}})"


def fleet() -> Json:
    """Return the dashboard."""
    # fmt: off
    watching = stat("Watching", "Every daemon is connected to its broker, subscribed and scoring.", f"min(detector_ready{{{I}}})", words={0: ("no", RED), 1: ("yes", GREEN)}, steps=((None, RED), (1, GREEN)))
    devices = stat("Devices", "Devices that are known.", f"sum(detector_devices{{{I}}})")
    learning = stat("Not scored yet", "Devices with a channel that still warms up or calibrates.", f"sum(detector_devices_learning{{{I}}})", steps=((None, GREEN), (1, BLUE)))
    sick = stat("Sick devices", "Devices with an open episode.", f"count(max by (device) (detector_episode_severity{{{I}}})) or vector(0)", steps=((None, GREEN), (1, ORANGE)))
    unheard = stat("Unheard for an hour", "Devices of which nothing came within the last hour, gone ones included.", f"count(time() - detector_device_last_seen_timestamp_seconds{{{I}}} > 3600) or vector(0)", steps=((None, GREEN), (1, YELLOW)))
    budget = stat("Alert budget used", "Alerts of the last budget period over those allowed. Above 100 % somebody has more to read than was agreed.", f"max(detector_alert_budget_used_ratio{{{I}}})", "percentunit", steps=((None, GREEN), (0.8, YELLOW), (1, RED)))
    by_verdict = stat("Open by verdict", "process: the plant behaves strangely; sensor: stuck, restless, out of range; transport: silent.", {"{{verdict}}": f"sum by (verdict) (detector_episodes_open{{{I}}})"}, steps=((None, GREEN), (1, ORANGE)))
    table_of_sick = table(
        "Open episodes, the gravest first", "The gravest first. Click on a device to see it. Value and limits are those of the moment when it was told.",
        {
            "severity": of_episodes("detector_episode_severity"), "for": f"time() - {of_episodes('detector_episode_onset_timestamp_seconds', 'min')}",
            "value": of_episodes("detector_episode_value"), "expected": of_episodes("detector_episode_expected"),
            "lower": of_episodes("detector_episode_lower"), "upper": of_episodes("detector_episode_upper"),
        },
        {"severity": shown_as(SEVERITY_WORDS), "device": {}, "channel": {}, "verdict": {}, "kind": {}, "for": {"unit": "s", **NARROW}, "value": NUMBER, "expected": NUMBER, "lower": NUMBER, "upper": NUMBER, "unit": NARROW},
        sort="severity", link=True,
    )  # fmt: skip
    worst = bars("Devices by severity", "The gravest open episode of each device.", {"{{device}}": f"topk(10, max by (device) (detector_episode_severity{{{I}}}))"}, words=SEVERITY_WORDS, steps=SEVERITY_STEPS, most=3)
    strangest = bars("Strangest devices", "The highest score of each device within the time shown; 1 is the threshold.", {"{{device}}": f"topk(10, max by (device) (max_over_time(detector_anomaly_score{{{I}}}[$__range])))"}, steps=((None, GREEN), (0.6, YELLOW), (1, RED)))
    when = timeline("Who was sick when", "The gravest episode of each device over time.", {"{{device}}": f"max by (device) (detector_episode_severity{{{I}}})"}, SEVERITY_WORDS, link=True)
    opened = stacked("How many were open", "process, sensor or transport.", {"{{verdict}}": f"sum by (verdict) (detector_episodes_open{{{I}}})"})
    alerts = stacked("Alerts opened", "How many, by severity, in each step of the picture.", {"{{severity}}": f"sum by (severity) (increase(detector_alerts_total{{{I}}}[$__rate_interval]))"})
    spent = amounts("Alert budget over time", "Alerts of the last budget period over those allowed.", {"{{instance}}": f"detector_alert_budget_used_ratio{{{I}}}"}, "percentunit", threshold=1)
    newest = bars("Devices that have learnt least", "Share of what a device's thresholds rest on; from 25 % on it is scored, at 100 % by its own past alone.", {"{{device}}": f"bottomk(10, min by (device) (detector_readiness_ratio{{{I}}}))"}, "percentunit", steps=((None, YELLOW), (0.25, BLUE), (1, GREEN)), most=1)
    return dashboard(
        "detector-fleet", "Detector: fleet", "Is anything wrong, and with whom? Click on a device to see it.",
        [variable("instance", "Detector", "label_values(detector_build_info, instance)", several=True)],
        {
            "At a glance": [Placed(3, 4, one) for one in (watching, devices, learning, sick, budget, unheard)] + [Placed(6, 4, by_verdict)],
            "Who is sick": [Placed(15, 9, table_of_sick), Placed(4, 9, worst), Placed(5, 9, strangest)],
            "Over time": [Placed(12, 8, when), Placed(12, 8, opened), Placed(8, 7, alerts), Placed(8, 7, spent), Placed(8, 7, newest)],
        },
    )  # fmt: skip
