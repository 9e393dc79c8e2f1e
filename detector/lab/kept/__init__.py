"""What a daemon keeps on disk, for people: looked at, exported, pruned, while no daemon has to run.

In: a state directory. Out: figures, rows, a smaller snapshot.
"""
