"""Prints the page that documents every metric."""

from detector.edge.metrics.reference import page

print(page(), end="")
