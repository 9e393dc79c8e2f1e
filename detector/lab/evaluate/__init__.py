"""Measures detection quality on labelled and injected corpora: the faults, the protocol, the contenders, the figures."""
