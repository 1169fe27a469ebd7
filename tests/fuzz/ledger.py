"""What the rows and letters must look like, however hostile the visits were."""

import re
import unicodedata

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from admissions.intake.models import ConsultationRequest, IdempotencyKey
from admissions.messaging import delivery
from admissions.messaging.models import Message
from users.models import User

TEXTS = ["preferred_name", "interpreter", "access_need", "note"]
ADDRESS = re.compile(r"[!-?A-~]+@[a-z0-9.-]+", re.IGNORECASE)
OVERLAPS = """
    SELECT one.id, other.id FROM admissions_consultation one
    JOIN admissions_consultation other ON one.counselor_id = other.counselor_id
        AND one.id < other.id AND one.held && other.held
    WHERE one.status IN ('scheduled', 'confirmed') AND other.status IN ('scheduled', 'confirmed')
"""


def find_faults(made: QuerySet[ConsultationRequest], inbox: list) -> list[str]:
    """One line for each rule that one of these requests or a letter breaks; sends what is due."""
    faults = [line for request in made for line in look_at(request)]
    with connection.cursor() as cursor:
        cursor.execute(OVERLAPS)
        faults += [f"booked twice: {pair}" for pair in cursor.fetchall()]
    if IdempotencyKey.objects.filter(request__in=made).values("request").distinct().count() < len(
        made
    ):
        faults.append("a request without the key of a form")
    if User.objects.filter(is_superuser=True).exists():
        faults.append("a superuser")
    return [*faults, *find_letter_faults(inbox)]


def look_at(request: ConsultationRequest) -> list[str]:
    """What is wrong with one request, as its columns tell."""
    texts = [getattr(request, name) for name in TEXTS]
    checks = {
        "unseen letters": all(is_plain(text) for text in texts),
        "no address": not request.email or ADDRESS.fullmatch(request.email),
        "no phone": not request.phone or re.fullmatch(r"\+\d{8,15}", request.phone.as_e164),
        "nobody to reach": request.phone or request.email,
        "an owner": request.owner_id is None,
        "no event": request.audit_events.exists(),
        "a source of staff": request.source in {"booking", "callback"},
        "two times": request.consultations.standing().count() <= 1,
        "staff's own columns": not request.disposition and not request.close_note,
    }
    return [f"{what}: request {request.pk}" for what, is_well in checks.items() if not is_well]


def is_plain(text: str) -> bool:
    """One line, and nothing that cannot be seen but what shapes letters."""
    return not any(
        unicodedata.category(each) in {"Cc", "Cf", "Cs", "Co"} and each not in "\u200c\u200d"
        for each in text
    )


def find_letter_faults(inbox: list) -> list[str]:
    faults = []
    known = {each.lower() for each in ConsultationRequest.objects.values_list("email", flat=True)}
    for message in Message.objects.due(now=timezone.now()).exclude(kind__startswith="staff_"):
        if delivery.deliver_message(message.pk) == Message.State.FAILED:
            faults.append(f"letter {message.pk} could not be sent")
    for letter in inbox:
        if letter["X-Envelope-To"].lower() not in known or letter["To"] != letter["X-Envelope-To"]:
            faults.append(f"a letter to {letter['X-Envelope-To']}")
        if letter["Bcc"] or letter["Cc"] or "\n" in letter["Subject"]:
            faults.append("a header of a stranger in a letter")
        said = " ".join(
            str(part.get_content()) for part in letter.walk() if not part.is_multipart()
        )
        if "<zqfuzz" in said or "evil" in said:
            faults.append("words of a stranger in a letter")
    return faults
