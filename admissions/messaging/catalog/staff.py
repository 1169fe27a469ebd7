"""Every kind of email to staff: reference and link only, and in English."""

from datetime import timedelta
from functools import partial

from django.utils.translation import gettext_lazy as _

from admissions.intake.service_levels import CALL_DUE_SOON

from ..kinds import (
    Audience,
    Check,
    DelayRule,
    Group,
    Kind,
    MessageKind,
    MessageText,
    Night,
    Subject,
)

MINUTE, HOUR = (timedelta(**{unit: 1}) for unit in ("minutes", "hours"))

staff = partial(
    MessageKind,
    group=Group.STAFF,
    subject=Subject.REQUEST,
    check=Check.OPEN_REQUEST,
    audience=Audience.REQUEST_TEAM,
    night=Night.ANY_HOUR,
)

STAFF_EMAILS: dict[str, MessageKind] = {
    Kind.STAFF_NEW_REQUEST: staff(
        timing=_("At once, when someone asks for us."),
        text=MessageText(
            "New request {reference}", "New request {reference}", "It waits for an answer."
        ),
    ),
    Kind.STAFF_HANDED_OVER: staff(
        subject=Subject.CONSULTATION,
        timing=_("At once, to the colleague who takes over."),
        text=MessageText(
            "Taken over from a colleague: {reference}",
            "Request {reference}",
            "Its consultation is now with another counselor, at the same time.",
        ),
    ),
    # A call that is promised for later than that is not near, and the notice would not go.
    Kind.STAFF_CALL_DUE: staff(
        check=Check.CALL_DUE,
        rule=DelayRule(1 * MINUTE, CALL_DUE_SOON, is_before=True),
        timing=_("%(delay)s before the promised time of a call."),
        text=MessageText(
            "Call by {call_at}: {reference}",
            "A promised call falls due",
            "Nobody has logged a try for request {reference} yet.",
        ),
    ),
    Kind.STAFF_CALL_OVERDUE: staff(
        check=Check.CALL_OVERDUE,
        series="late_call",
        rule=DelayRule(1 * MINUTE, 60 * MINUTE),
        timing=_("%(delay)s after the promised time, if no try is logged."),
        text=MessageText(
            "Late call: {reference}",
            "A promised call is late",
            "Nobody has logged a try for request {reference} yet.",
        ),
    ),
    Kind.STAFF_ESCALATED: staff(
        check=Check.CALL_OVERDUE,
        audience=Audience.ON_CALL,
        series="late_call",
        rule=DelayRule(5 * MINUTE, 24 * HOUR),
        timing=_("%(delay)s after the promised time, if no try is logged."),
        text=MessageText(
            "For the on-call lead: {reference}",
            "Nobody has answered request {reference}",
            "Please see to it, or find someone who can. The desk shows what is owed.",
        ),
    ),
    # Without names and references: it is read on a locked phone, beside a bed.
    Kind.STAFF_DANGER: staff(
        subject=Subject.ALARM,
        check=Check.ALARM_OPEN,
        audience=Audience.ON_CALL,
        rule=DelayRule(1 * MINUTE, 15 * MINUTE, is_always_on=True),
        timing=_(
            "At once to whoever is on call, and again every %(delay)s: to the back-up too, then to"
            " the on-call lead too, until somebody has it. After twenty emails one an hour; phones"
            " and the desk go on."
        ),
        text=MessageText(
            "Danger: someone must act now",
            "Someone may be in danger, and nobody has it yet",
            "Please open it and press “I have it”. Then nobody else is woken. If you cannot, leave"
            " it: the next person is told.",
        ),
    ),
    Kind.STAFF_SHORTAGE: staff(
        subject=Subject.SHORTAGE,
        check=Check.SHORTAGE_LASTS,
        audience=Audience.DIRECTORS,
        rule=DelayRule(15 * MINUTE, 24 * HOUR),
        timing=_("%(delay)s after phone times ran out, if it lasts."),
        text=MessageText(
            "No phone time within a day",
            "No phone time within a day",
            "In the next 24 hours nobody can book a talk by phone, in at least one language.",
        ),
    ),
    Kind.STAFF_FLOOD: staff(
        subject=Subject.DAY,
        check=Check.TODAY,
        audience=Audience.DESK_AND_DIRECTORS,
        timing=_("Once a day, when so many ask online that a script may be at work."),
        text=MessageText(
            "More online requests than people make",
            "More online requests than people make",
            "A script may be filling in our forms. Further requests are shown our number instead,"
            " until it calms down; the line, and what was booked before, are not affected. Please"
            " look at the newest requests: those with danger first, since one may be real.",
        ),
    ),
    # What it says stands in the catalog of `alerts`, for each kind.
    Kind.STAFF_ALERT: staff(
        subject=Subject.ALERT,
        check=Check.ALERT_NEW,
        audience=Audience.COLLEAGUE,
        timing=_("Within a minute, to the colleague who chose to be told by email."),
        text=MessageText("News on the desk", "News on the desk", "Please look at the desk."),
    ),
    # What it says stands in `account`, for each of its news.
    Kind.STAFF_ACCOUNT: staff(
        subject=Subject.ACCOUNT,
        check=Check.ACCOUNT_NEWS,
        audience=Audience.COLLEAGUE,
        timing=_("At once, to the colleague whose account it is."),
        text=MessageText("About your account", "About your account", "It was changed."),
    ),
    Kind.STAFF_DIGEST: staff(
        subject=Subject.DAY,
        check=Check.TODAY,
        audience=Audience.DESK_AND_DIRECTORS,
        rule=DelayRule(),
        timing=_("Each day at 7:30 am, by the center’s clock."),
        text=MessageText("The day ahead", "The day ahead", "Good morning."),
    ),
}
