"""A small center in which one sooner time can free up, and people who wait for it."""

import uuid
from datetime import datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from admissions.booking import earlier_offers, waitlist
from admissions.messaging.models import Message
from admissions.scheduling.models import ExtraHours

from . import bookings
from .factories import make_counselor

PACIFIC = ZoneInfo("America/Los_Angeles")
# A Monday, ten in the morning.
NOW = datetime(2027, 1, 4, 10, tzinfo=PACIFIC)
# The only start on Tuesday; on Friday people have theirs.
TUESDAY = datetime(2027, 1, 5, 13, tzinfo=PACIFIC)
FRIDAY = datetime(2027, 1, 8, 9, tzinfo=PACIFIC)
people = count(1)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
DAY = timedelta(days=1)


def make_center(**columns):
    """One counselor: an hour on Tuesday, and all of Friday."""
    counselor = make_counselor(days=[4], **columns)
    open_on_tuesday(counselor)
    return counselor


def open_on_tuesday(counselor, at=TUESDAY):
    ExtraHours.objects.create(
        counselor=counselor, on=at.date(), opens=at.time(), closes=time(at.hour + 1, at.minute)
    )


def book(starts_at=FRIDAY, **details):
    return bookings.book(starts_at, **details)


def join(request):
    return waitlist.join_waitlist(key=uuid.uuid4(), request=request)


def wait(starts_at=FRIDAY, **details):
    """Someone of their own who has this time and has asked for something sooner."""
    request = book(starts_at, **{"email": f"jo{next(people)}@example.com", **details})
    join(request)
    return request


free = bookings.cancel


def accept(request, number=0, *, key=None):
    return waitlist.accept_offer(key=key or uuid.uuid4(), request=request, number=number)


def decline(request, number=0):
    return waitlist.decline_offer(key=uuid.uuid4(), request=request, number=number)


def sweep(now):
    return earlier_offers.sweep_offers(now=now)


def on_offer(request):
    """The starts of what this person is offered now."""
    return list(request.earlier_offers.open().values_list("starts_at", flat=True))


def ended(request):
    """How this person's offers ended, in order."""
    states = request.earlier_offers.exclude(state="open").order_by("number")
    return list(states.values_list("state", flat=True))


def left(request):
    """Why this person left the list, each time they were on it."""
    return list(request.waitlist_entries.order_by("pk").values_list("left_because", flat=True))


def letters_to(request, kind=Message.Kind.EARLIER_OFFER):
    return list(request.messages.filter(kind=kind).order_by("pk"))
