"""Every kind of thing that members of staff are told of: its words, its channels, and who gets it.

No word here may tell of a person, of health or of the center: it is read on a locked phone.
"""

from dataclasses import dataclass
from datetime import time, timedelta

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    DANGER = "danger", _("Danger that nobody has yet")
    TALK_SOON = "talk_soon", _("Your own talk begins in 10 minutes")
    TALK_CHANGED = "talk_changed", _("Your own talk was moved or canceled")
    HANDED = "handed", _("A request was handed to you")
    CONCERN = "concern", _("A high concern in an assessment")
    INSURANCE_ASKED = "insurance_asked", _("Insurance is to be checked")
    INSURANCE_DONE = "insurance_done", _("Insurance was checked")
    TEST = "test", _("A test")


@dataclass(frozen=True)
class Channels:
    """Where something is told: on the desk, by email, by push to one's devices."""

    on_desk: bool = True
    by_email: bool = False
    by_push: bool = True


@dataclass(frozen=True)
class AlertKind:
    """One kind. A push that was not taken within `lasts` goes no more."""

    title: str | Promise
    body: str | Promise
    who: str | Promise
    lasts: timedelta
    channels: Channels = Channels()
    is_switchable: bool = True
    is_urgent: bool = False
    may_wake: bool = False


# By the center's clock: a push that may not wake anybody waits for the morning, unless they are on
# call.
QUIET_FROM, QUIET_UNTIL = time(21), time(7)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

CATALOG: dict[str, AlertKind] = {
    # Its emails are the alarm's own, as they ring whom no account has.
    Kind.DANGER: AlertKind(
        title=_("Someone must act now"),
        body=_("Please open the desk. It goes on until somebody has it."),
        who=_("Whoever is on call, then the back-up, then the on-call lead."),
        lasts=3 * MINUTE,
        channels=Channels(by_email=True),
        is_switchable=False,
        is_urgent=True,
        may_wake=True,
    ),
    Kind.TALK_SOON: AlertKind(
        title=_("In 10 minutes"),
        body=_("Something of yours begins."),
        who=_("The counselor of the talk."),
        lasts=10 * MINUTE,
        may_wake=True,
    ),
    Kind.TALK_CHANGED: AlertKind(
        title=_("A time of yours has changed"),
        body=_("The desk shows how."),
        who=_("The counselor of the talk, unless they changed it."),
        lasts=12 * HOUR,
        channels=Channels(by_email=True),
    ),
    Kind.HANDED: AlertKind(
        title=_("A colleague handed you something"),
        body=_("It is yours now. The desk shows it."),
        who=_("The colleague whose it is now."),
        lasts=12 * HOUR,
        channels=Channels(by_email=True),
    ),
    Kind.CONCERN: AlertKind(
        title=_("Something needs you today"),
        body=_("Please look at the desk."),
        who=_("Those who acknowledge high concerns, but for whoever wrote it."),
        lasts=12 * HOUR,
        channels=Channels(by_email=True),
        is_urgent=True,
        may_wake=True,
    ),
    Kind.INSURANCE_ASKED: AlertKind(
        title=_("Something new to check"),
        body=_("It waits on the desk."),
        who=_("Those who check insurance."),
        lasts=12 * HOUR,
    ),
    Kind.INSURANCE_DONE: AlertKind(
        title=_("What you asked for is checked"),
        body=_("The desk shows the answer."),
        who=_("Whoever asked, and the owner of the request."),
        lasts=12 * HOUR,
    ),
    Kind.TEST: AlertKind(
        title=_("Alerts reach this device"),
        body=_("This is the test that you asked for."),
        who=_("Whoever asks for it."),
        lasts=10 * MINUTE,
        channels=Channels(on_desk=False),
        is_switchable=False,
        may_wake=True,
    ),
}

SWITCHABLE = [Kind(kind) for kind, entry in CATALOG.items() if entry.is_switchable]
