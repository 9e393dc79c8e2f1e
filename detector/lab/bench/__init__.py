"""The bench: what the daemon does in a second, how late it is, and what a fleet costs, beside others on the same stream.

`packets`, `flood`, `wire`, `sides` and `generator` are the load, a process of its own; `contenders` and `parts` are who
takes it; `ingest`, `latency`, `fleet`, `rivals`, `restart` and `soak` measure; `results` keeps, compares and shows.
"""
