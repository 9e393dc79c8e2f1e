"""Device: what does it measure, what was expected, since when is it strange?"""

from deploy.grafana.source.dashboard import Placed, annotation, dashboard, variable
from deploy.grafana.source.panel import (
    BLUE,
    GREEN,
    NARROW,
    NUMBER,
    RED,
    SEVERITY_STEPS,
    SEVERITY_WORDS,
    YELLOW,
    Json,
    amounts,
    band,
    lines,
    shown_as,
    stat,
    table,
    timeline,
)

D = 'instance=~"$instance", device="$device"'
C = f'{D}, channel=~"$channel"'
EPISODE = "channel, verdict, kind, unit"


def device() -> Json:
    """Return the dashboard."""
    # fmt: off
    verdict = stat("How it is", "The gravest open episode of the device.", f"max(detector_episode_severity{{{D}}}) or vector(0)", words=SEVERITY_WORDS, steps=SEVERITY_STEPS)
    score = stat("Score", "What was told of the open episodes, or else the highest score of its channels now; 1 is the threshold.", f"max(detector_episode_score{{{D}}}) or max(detector_anomaly_score{{{D}}})", steps=((None, GREEN), (0.6, YELLOW), (1, RED)))
    seen = stat("Heard", "Time since its last reading, by the time that the reading states.", f"time() - max(detector_device_last_seen_timestamp_seconds{{{D}}})", "s", steps=((None, GREEN), (600, YELLOW), (3600, RED)))
    learnt = stat("Learnt", "Share of what its thresholds rest on; from 25 % on it is scored.", f"min(detector_readiness_ratio{{{D}}})", "percentunit", steps=((None, YELLOW), (0.25, BLUE), (1, GREEN)))
    left = stat("Left to learn", "Until its thresholds rest on its own past alone.", f"max(detector_readiness_left_seconds{{{D}}})", "s")
    skill = stat("Forecast skill", "How much better than by its last value it is forecast, mean over its channels; 0 is no better.", f"avg(detector_forecast_skill_ratio{{{D}}})", "percentunit")
    value = band(
        "$channel: value and forecast", "The value, what was forecast for it, and the band in which it is usual.",
        {"upper": f"detector_expected_upper{{{C}}}", "lower": f"detector_expected_lower{{{C}}}", "expected": f"detector_expected_value{{{C}}}", "value": f"detector_value{{{C}}}"},
    )  # fmt: skip
    scores = amounts("Scores", "How strange each channel is; 1 is the threshold. As of each scrape: peaks between two scrapes are not in it. What was told of open episodes is.", {"{{channel}}": f"max_over_time(detector_anomaly_score{{{C}}}[$__interval])", "{{channel}}: {{kind}}": f"max by (channel, kind) (detector_episode_score{{{C}}})"}, threshold=1)
    sides = lines("Side", "1 above, -1 below what was expected, 0 neither.", {"{{channel}}": f"detector_anomalous{{{C}}}"})
    sides["fieldConfig"]["defaults"] |= {"min": -1, "max": 1, "decimals": 0}
    when = timeline("Episodes", "What was open when: channel, verdict, kind; without a channel, of the whole device.", {"{{channel}} {{verdict}} {{kind}}": f"max by ({EPISODE}) (detector_episode_severity{{{D}}})"}, SEVERITY_WORDS)
    now = table(
        "Open now", "Numbers of the moment when it was told.",
        {
            "severity": f"max by ({EPISODE}) (detector_episode_severity{{{D}}})",
            "for": f"time() - min by ({EPISODE}) (detector_episode_onset_timestamp_seconds{{{D}}})",
            "value": f"max by ({EPISODE}) (detector_episode_value{{{D}}})", "expected": f"max by ({EPISODE}) (detector_episode_expected{{{D}}})",
            "lower": f"max by ({EPISODE}) (detector_episode_lower{{{D}}})", "upper": f"max by ({EPISODE}) (detector_episode_upper{{{D}}})",
        },
        {"severity": shown_as(SEVERITY_WORDS), "channel": {}, "verdict": {}, "kind": {}, "for": {"unit": "s", **NARROW}, "value": NUMBER, "expected": NUMBER, "lower": NUMBER, "upper": NUMBER, "unit": NARROW},
        sort="severity",
    )  # fmt: skip
    lately = table(
        "Told within the time shown", "Of each kind on each channel: the gravest severity, how many began, when the last one began. Sentences are in the alerts, not in metrics.",
        {
            "severity": f"max by ({EPISODE}) (max_over_time(detector_episode_severity{{{D}}}[$__range]))",
            "began": f"1000 * max by ({EPISODE}) (max_over_time(detector_episode_onset_timestamp_seconds{{{D}}}[$__range]))",
            "times": f"1 + max by ({EPISODE}) (changes(detector_episode_onset_timestamp_seconds{{{D}}}[$__range]))",
        },
        {"severity": shown_as(SEVERITY_WORDS), "channel": {}, "verdict": {}, "kind": {}, "times": NARROW, "began": {"unit": "dateTimeFromNow"}, "unit": NARROW},
        sort="began",
    )  # fmt: skip
    return dashboard(
        "detector-device", "Detector: device", "What a device measures, what was expected, and since when it is strange.",
        [
            variable("instance", "Detector", "label_values(detector_build_info, instance)", several=True),
            variable("device", "Device", 'label_values(detector_device_last_seen_timestamp_seconds{instance=~"$instance"}, device)', several=False),
            variable("channel", "Channel", 'label_values(detector_value{instance=~"$instance", device="$device"}, channel)', several=True),
        ],
        {
            "$device": [Placed(4, 4, one) for one in (verdict, score, seen, learnt, left, skill)],
            "Value and forecast": [Placed(12, 8, value, repeat="channel")],
            "How strange": [Placed(16, 8, scores), Placed(8, 8, sides)],
            "What was told": [Placed(24, 7, when), Placed(14, 7, now), Placed(10, 7, lately)],
        },
        [annotation("Episodes", f"detector_episode_severity{{{D}}}", "{{verdict}}: {{kind}}", "{{channel}}", "channel,kind", RED)],
    )  # fmt: skip
