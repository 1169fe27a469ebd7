"""People who book, move and cancel while things break, through the services and by HTTP."""

import itertools
import time
import uuid
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day

from django.urls import reverse
from django.utils import timezone

from admissions.booking import consultations, moves
from admissions.exceptions import SlotTaken
from admissions.intake.models import ConsultationRequest
from admissions.scheduling import availability
from admissions.scheduling.models import Mode
from tests.support.factories import make_counselor, make_details, write_settings
from tests.support.visitor import Visitor

COUNSELORS = 6
AHEAD = timedelta(hours=6)


def morning_zone() -> str:
    """Where it is after nine in the morning now, so that no quiet hours keep a letter back."""
    ahead = (9 - datetime.now(UTC).hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+d}"


class People:
    """Each has an own address; what took too long or was refused is noted."""

    def __init__(self):
        write_settings(staff_email="staff@center.example")
        for _counselor in range(COUNSELORS):
            make_counselor(opens=time_of_day(0), closes=time_of_day(23, 59))
        first = timezone.now() + AHEAD
        slots = availability.open_slots(mode=Mode.PHONE, now=timezone.now())
        self.starts = itertools.cycle([each.starts_at for each in slots if each.starts_at > first])
        self.zone, self.numbers = morning_zone(), itertools.count(1)
        self.refused, self.slowest = [], 0.0

    def address(self):
        return f"person{next(self.numbers)}@example.com"

    def book(self, number=1, **columns) -> list[ConsultationRequest]:
        """So many new requests with a time each."""
        return [self.timed(self.book_one, **columns) for _person in range(number)]

    def book_one(self, **columns):
        columns = {"email": self.address(), "time_zone": self.zone} | columns
        details = make_details(**columns)
        return self.at_next_free(
            lambda start: consultations.request_consultation(
                key=uuid.uuid4(), starts_at=start, mode=Mode.PHONE, details=details, consents={}
            )
        )

    def at_next_free(self, act):
        while True:
            try:
                return act(next(self.starts))
            except SlotTaken:
                continue

    def timed(self, act, **columns):
        """Its answer; a fault that the person would see is noted, and answered by nothing."""
        begun = time.monotonic()
        try:
            return act(**columns)
        except Exception as fault:
            self.refused.append(f"{type(fault).__name__}: {fault}")
        finally:
            self.slowest = max(self.slowest, time.monotonic() - begun)

    def book_by_http(self, number=1):
        """The same on our pages, as a browser does it; only the last step is timed."""
        for _person in range(number):
            visitor = Visitor(raise_request_exception=False)
            filled = visitor.open_details(next(self.starts)) | {"email": self.address()}
            self.timed(self.send, visitor=visitor, filled=filled)

    def send(self, *, visitor, filled):
        answer = visitor.send_details(filled)
        if (answer.status_code, answer.get("Location")) != (302, reverse("admissions:booked")):
            self.refused.append(f"answered {answer.status_code}")

    def move(self, request):
        return self.at_next_free(
            lambda start: moves.move_consultation(
                key=uuid.uuid4(), request=request, starts_at=start
            )
        )

    def cancel(self, request):
        return consultations.cancel_consultation(key=uuid.uuid4(), request=request)
