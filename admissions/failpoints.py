"""Places in the code where a test may have the process die, as in a power cut.

FAILPOINT=after_claim:kill:3 kills the process when it passes that place for the
third time. Production refuses to start with it; unset, a place costs nothing.

The worker passes before_claim, after_claim and after_250; the web, at each booking, half_booked
(within the transaction), after_commit and before_response.
"""

import itertools
import os
import signal

from django.conf import settings

pass_counter = itertools.count(1)


def hit_failpoint(name: str) -> None:
    """Go on, unless the environment has us die here and now."""
    if settings.FAILPOINT:
        kill_if_chosen(name, *settings.FAILPOINT.split(":"))


def kill_if_chosen(name: str, chosen: str, act: str, time: str = "1") -> None:
    """Only what is spelled out is done: one chosen place, one act, one time."""
    if name == chosen and act == "kill" and next(pass_counter) == int(time):
        os.kill(os.getpid(), signal.SIGKILL)
