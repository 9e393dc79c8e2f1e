"""Kills a daemon again and again while it is fed a recording, and holds what comes of it against a run that nobody disturbed.

In: a recording, a number of kills, a seed. Out: what each kill came to, and whether anything was lost, told wrongly or remembered
otherwise. `twin` is the undisturbed engine, `victim` the daemon with its broker, `drill` the exercise.
"""
