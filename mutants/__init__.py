"""Takes one guard away at a time and asks the tests for it to fail: `make mutants`.

A guard whose loss no test notices will be lost one day. Each entry of the tables names a guard, the
exact text that makes it, what stands there without it, and the tests that must catch that.

mutmut and cosmic-ray were not taken: they change operators and constants at random, in Python
alone. Thousands of their changes alter no promise, and none of them drops a lock, a decorator, a
constraint of a migration or a `{% csrf_token %}`. What is asked here is written down by hand.
"""
