"""Prometheus: the one folder that speaks it.

In: a function that returns the daemon's `Status`, and the durations that the worker measures. Out: `Exposition`, whose
application answers a scrape from one status. `family` says what a metric is, `of_daemon` and `of_fleet` are tables of
them, `series` the many lines of single channels and devices, `measured` what the worker measures, `reference` the page that documents all of them.
"""

from detector.edge.metrics.exposition import Exposition

__all__ = ["Exposition"]
