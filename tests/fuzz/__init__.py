"""Hostile submissions to every public form and address: a few in each run, 5,000 in `make fuzz`.

Hypothesis, which other tests use, was not taken here. It wants examples that know nothing of each
other and are played again and again to shrink them; here each finds what those before it have left
in the database, and a page is worth most as the next one after thousands. Chance has a seed
instead: FUZZ_SEED plays the same run again.
"""
