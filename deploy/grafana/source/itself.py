"""Detector itself: does it keep up, is it connected, is what it knows safe?"""

from deploy.grafana.source.dashboard import Placed, dashboard, variable
from deploy.grafana.source.panel import GREEN, RED, YELLOW, YES_NO, Json, amounts, stat

I = 'instance=~"$instance"'  # noqa: E741 - stands in every query
R = f"{{{I}}}[$__rate_interval]"
GOOD = ((None, RED), (1.0, GREEN))


NONE = 'label_replace(vector(0), "reason", "none", "", "")'
"""So that there is a line while nothing is rejected, and not one for each of the many reasons."""


def rate(name: str, by: str = "") -> str:
    """Return how fast a counter grows, in a second."""
    return f"sum by ({by}) (rate({name}{R}))" if by else f"sum(rate({name}{R}))"


def quantile(share: float, name: str, by: str = "") -> str:
    """Return a quantile of a histogram over a moment."""
    return f"histogram_quantile({share}, sum by (le{', ' + by if by else ''}) (rate({name}_bucket{R})))"


def itself() -> Json:
    """Return the dashboard."""
    # fmt: off
    ready = stat("Ready", "Subscribed and scoring.", f"min(detector_ready{{{I}}})", words=YES_NO, steps=GOOD)
    link = stat("Broker", "Connected to a broker.", f"min(detector_mqtt_connected{{{I}}})", words=YES_NO, steps=GOOD)
    workers = stat("Threads", "Every thread gives signs of life.", f"min(detector_worker_alive{{{I}}})", words=YES_NO, steps=GOOD)
    journal_up = stat("Journal", "It can be written.", f"min(detector_journal_up{{{I}}})", words=YES_NO, steps=GOOD)
    reload = stat("Configuration", "The last reload was accepted.", f"min(detector_config_last_reload_successful{{{I}}})", words={0: ("refused", RED), 1: ("good", GREEN)}, steps=GOOD)
    up = stat("Up for", "Since its start.", f"time() - max(detector_start_time_seconds{{{I}}})", "s")
    configured = stat("Configuration read", "Since the running configuration was read.", f"time() - max(detector_config_last_reload_success_timestamp_seconds{{{I}}})", "s")
    left_out = stat("Series left out", "Series that metrics.max_series has no room for.", f"sum(detector_series_left_out{{{I}}})", steps=((None, GREEN), (1, YELLOW)))
    inbox_full = stat("Inbox full", "Messages that wait, of those that may; beyond, mqtt.inbox.overflow says what happens.", f"max(detector_inbox_depth{{{I}}} / detector_inbox_limit{{{I}}})", "percentunit", steps=((None, GREEN), (0.5, YELLOW), (0.9, RED)))
    journal_full = stat("Journal full", "Of its limit, beyond which the oldest readings are let go.", f"max(detector_journal_bytes{{{I}}} / detector_journal_limit_bytes{{{I}}})", "percentunit", steps=((None, GREEN), (1, YELLOW)))
    now = stat("Readings/s", "Scored.", rate("detector_observations_scored_total"))
    late = stat("Verdict after", "99 of 100 messages are judged within this time.", quantile(0.99, "detector_reading_to_verdict_seconds"), "s", steps=((None, GREEN), (1, YELLOW), (5, RED)))
    throughput = amounts("Throughput, readings/s", "Received and scored; the difference is below.", {"received": rate("detector_readings_received_total"), "scored": rate("detector_observations_scored_total")})
    lost = amounts("Not scored, readings/s", "Rejected and dropped by reason; late and duplicate readings are counted, and not scored.", {"rejected: {{reason}}": f"({rate('detector_readings_rejected_total', 'reason')} > 0) or {NONE}", "dropped: {{reason}}": rate("detector_readings_dropped_total", "reason"), "late": rate("detector_readings_late_total"), "duplicate": rate("detector_readings_duplicate_total")})
    waiting = amounts("Waiting", "Messages in the inbox, and readings on their way to the engine.", {"messages": f"sum(detector_inbox_depth{{{I}}})", "readings": f"sum(detector_observations_pending{{{I}}})"})
    latency = amounts("From message to verdict", "Half of all messages, and 99 of 100, are judged within this time.", {"half": quantile(0.5, "detector_reading_to_verdict_seconds"), "99 %": quantile(0.99, "detector_reading_to_verdict_seconds")}, "s")
    steps = amounts("Time in each step", "Mean, for a batch.", {"{{step}}": f"{rate('detector_step_seconds_sum', 'step')} / {rate('detector_step_seconds_count', 'step')}"}, "s")
    batch = amounts("Readings in a batch", "The engine takes what waits: few while it is idle, many under load.", {"mean": f"{rate('detector_batch_rows_sum')} / {rate('detector_batch_rows_count')}", "99 %": quantile(0.99, "detector_batch_rows")})
    busy = amounts("Share of a core", "Scoring alone, and the process as a whole; at 100 % one core is full.", {"engine": rate("detector_step_seconds_sum"), "process": rate("process_cpu_seconds_total")}, "percentunit", threshold=1)
    messages = amounts("MQTT messages/s", "As the broker sends them.", {"{{instance}}": rate("detector_mqtt_messages_total", "instance")})
    silence = amounts("Since the last message", "A flat line near zero is good.", {"{{instance}}": f"time() - detector_mqtt_last_message_timestamp_seconds{{{I}}}"}, "s")
    connections = amounts("Connections", "Connections made, sessions taken over by another client, links renewed because nothing came.", {"made": f"sum(detector_mqtt_connections_total{{{I}}})", "taken over": f"sum(detector_mqtt_takeovers_total{{{I}}})", "renewed": f"sum(detector_mqtt_renewals_total{{{I}}})"})
    told = amounts("Notifications", "Alert events handed to each sink, under way, and given up.", {"{{sink}}": f"sum by (sink) (detector_notifications_total{{{I}}})", "{{sink}} under way": f"sum by (sink) (detector_notifications_pending{{{I}}})", "{{sink}} given up": f"sum by (sink) (detector_notifications_failed_total{{{I}}})"})
    hushed = amounts("Not told, and answered", "Times that people were not told, by why: flapping, quiet hours, maintenance and their like; and what they said of alerts.", {"said: {{kind}}": f"sum by (kind) (detector_feedback_total{{{I}}})", "{{reason}}": f"sum by (reason) (detector_notifications_suppressed_total{{{I}}})"})
    age = amounts("Age of the last snapshot", "Beside the interval that is configured.", {"age": f"time() - detector_snapshot_timestamp_seconds{{{I}}}", "interval": f"max(detector_snapshot_interval_seconds{{{I}}})"}, "s")
    took = amounts("Cost of a snapshot", "Time to the disk, and time that the scoring stood still for it.", {"took": f"max(detector_snapshot_seconds{{{I}}})", "stood still": f"max(detector_snapshot_pause_seconds{{{I}}})"}, "s")
    size = amounts("Journal on disk", "All that is kept to go on after a crash, and to look back.", {"{{instance}}": f"detector_journal_bytes{{{I}}}"}, "bytes")
    commit = amounts("Time of a commit", "Alerts leave after the commit; readings are on disk, and acknowledged, after the flush.", {"commit, half": quantile(0.5, "detector_journal_commit_seconds"), "commit, 99 %": quantile(0.99, "detector_journal_commit_seconds"), "flush, half": quantile(0.5, "detector_journal_flush_seconds"), "flush, 99 %": quantile(0.99, "detector_journal_flush_seconds")}, "s")
    trouble = amounts("Trouble with the disk", "Failures so far, and what could not be kept.", {"journal failures": f"sum(detector_journal_failures_total{{{I}}})", "readings lost": f"sum(detector_journal_readings_lost_total{{{I}}})", "alerts lost": f"sum(detector_journal_alerts_lost_total{{{I}}})", "snapshot failures": f"sum(detector_snapshot_failures_total{{{I}}})"})
    memory = amounts("Memory", "Resident; it grows with the number of channels, not with time.", {"{{instance}}": f"process_resident_memory_bytes{{{I}}}"}, "bytes")
    known = amounts("Channels and devices", "What the memory is for.", {"channels": f"sum(detector_channels{{{I}}})", "devices": f"sum(detector_devices{{{I}}})", "let go for want of room": f"sum(detector_devices_evicted_total{{{I}}})"})
    per_device = amounts("Memory for each device", "The whole process over the devices known.", {"{{instance}}": f"detector_bytes_per_device{{{I}}}"}, "bytes")
    per_reading = amounts("Processor time for each reading", "The whole process over the readings taken in, since its start.", {"{{instance}}": f"detector_cpu_seconds_per_reading{{{I}}}"}, "s")
    scrape = amounts("Time of a scrape", "Mean, as the daemon measures it.", {"{{instance}}": f"{rate('detector_scrape_seconds_sum', 'instance')} / {rate('detector_scrape_seconds_count', 'instance')}"}, "s")
    return dashboard(
        "detector-itself", "Detector: itself", "Does the detector keep up, is it connected, is what it knows safe?",
        [variable("instance", "Detector", "label_values(detector_build_info, instance)", several=True)],
        {
            "At a glance": [Placed(4, 4, one) for one in (ready, link, workers, journal_up, reload, left_out, now, late, inbox_full, journal_full, up, configured)],
            "Throughput and latency": [Placed(8, 7, one) for one in (throughput, lost, waiting)] + [Placed(6, 7, one) for one in (latency, steps, batch, busy)],
            "MQTT and notifications": [Placed(8, 7, one) for one in (messages, silence, connections)] + [Placed(12, 7, one) for one in (told, hushed)],
            "Disk": [Placed(8, 7, one) for one in (size, commit, trouble)] + [Placed(12, 7, one) for one in (age, took)],
            "Memory and cost": [Placed(8, 7, one) for one in (memory, known, scrape)] + [Placed(12, 7, one) for one in (per_device, per_reading)],
        },
    )  # fmt: skip
