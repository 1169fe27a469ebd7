"""How long we may take to answer, counted while somebody is at the phones.

The figures are the centre's own targets: a call asked for within 5 minutes, colleagues
told at 10 and the on-call lead at 15; any other request within 15, and broken at 60.
"""

from datetime import UTC, datetime, timedelta

from . import availability

ANSWER_WITHIN, BREACH_AFTER = timedelta(minutes=15), timedelta(minutes=60)
ALERT_AFTER, ESCALATE_AFTER = timedelta(minutes=10), timedelta(minutes=15)
# What is left of each once the time that we promised, or owed an answer by, has come.
LATE_ALERT = ALERT_AFTER - availability.CALL_WITHIN
LATE_ESCALATION = ESCALATE_AFTER - availability.CALL_WITHIN
LATE_BREACH = BREACH_AFTER - ANSWER_WITHIN


def answer_by(now: datetime) -> datetime:
    """Fifteen minutes from now, or from the next opening when nobody can answer before."""
    hours, at = availability.phone_hours(now), now.timestamp()
    enough = ANSWER_WITHIN.total_seconds()
    if any(opens <= at and at + enough <= closes for opens, closes in hours):
        return now + ANSWER_WITHIN
    upcoming = [opens for opens, _closes in hours if opens > at]
    return (datetime.fromtimestamp(upcoming[0], UTC) if upcoming else now) + ANSWER_WITHIN


def opens_at(now: datetime) -> datetime | None:
    """When somebody is at the phones next; None while somebody is, or without any hours."""
    hours, at = availability.phone_hours(now), now.timestamp()
    upcoming = [opens for opens, _closes in hours if opens > at]
    if not upcoming or any(opens <= at < closes for opens, closes in hours):
        return None
    return datetime.fromtimestamp(upcoming[0], UTC)
