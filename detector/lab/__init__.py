"""The lab: replay, recordings, the simulated plant, the demo."""
