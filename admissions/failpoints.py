"""Places in the code where a test may have the process die, as in a power cut.

FAILPOINT=after_claim:kill:3 kills the process when it passes that place for the
third time. Production refuses to start with it; unset, a place costs nothing.
"""

import itertools
import os
import signal

from django.conf import settings

passes = itertools.count(1)


def passing(place: str) -> None:
    """Go on, unless the environment has us die here and now."""
    if settings.FAILPOINT:
        die_at(place, *settings.FAILPOINT.split(":"))


def die_at(place: str, chosen: str, act: str, time: str = "1") -> None:
    """Only what is spelt out is done: one chosen place, one act, one time."""
    if place == chosen and act == "kill" and next(passes) == int(time):
        os.kill(os.getpid(), signal.SIGKILL)
