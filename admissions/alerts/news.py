"""Who is told of what happened to a talk, a request, an assessment or an insurance check.

Each is called in the transaction of what it tells, by the service that did it.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from admissions.scheduling.models import Consultation
from users.models import User

from .catalog import Kind
from .models import Alert
from .telling import tell

SOON = timedelta(minutes=10)
VERIFY, ACKNOWLEDGE = "admissions.verify_benefits", "admissions.acknowledge_concern"
AUTH_BACKEND = "django.contrib.auth.backends.ModelBackend"


def request_page(request_id: UUID) -> str:
    return reverse("admin:admissions_consultationrequest_change", args=[request_id])


def tell_of_talks_soon(*, now: datetime) -> int:
    """Tell counselors of their own talks that begin within 10 minutes; return how many were told.

    However often it runs; one that was booked later than that is told at once.
    """
    talks = Consultation.objects.standing().filter(starts_at__gt=now, starts_at__lte=now + SOON)
    found = {f"talk:{each.pk}": each for each in talks.select_related("counselor__user")}
    told = Alert.objects.filter(kind=Kind.TALK_SOON, key__in=list(found))
    known = set(told.values_list("key", "user_id"))
    new = [
        tell(
            Kind.TALK_SOON,
            [talk.counselor.user],
            key=key,
            page=request_page(talk.request_id),
            now=now,
        )
        for key, talk in found.items()
        if (key, talk.counselor.user_id) not in known
    ]
    return sum(map(len, new))


def tell_of_canceled_talk(talk: Consultation, *, by: User | None = None) -> None:
    page, people = request_page(talk.request_id), [talk.counselor.user]
    tell(Kind.TALK_CHANGED, people, key=f"talk:{talk.pk}", page=page, by=by)


def tell_of_moved_talk(moved: Consultation, *, by: User | None = None) -> None:
    """Tell whose talk was moved or handed on, and who has it now in their place."""
    before = moved.moved_from or moved
    page, key = request_page(moved.request_id), f"talk:{moved.pk}"
    tell(Kind.TALK_CHANGED, [before.counselor.user], key=key, page=page, by=by)
    if before.counselor_id != moved.counselor_id:
        tell(Kind.HANDED, [moved.counselor.user], key=key, page=page, by=by)


def tell_of_handed_request(request_id: UUID, *, to: User, at: datetime, by: User) -> None:
    key = f"request:{request_id}:{at.timestamp():.6f}"
    tell(Kind.HANDED, [to], key=key, page=request_page(request_id), by=by)


def tell_of_all_handed(owner_id: int, *, to: User, at: datetime, by: User) -> None:
    """Tell once of all that was a colleague's, however many requests those are."""
    page = reverse("admin:admissions_consultationrequest_changelist")
    tell(Kind.HANDED, [to], key=f"all:{owner_id}:{at.timestamp():.6f}", page=page, by=by)


def tell_of_concern(assessment_id: int, request_id: UUID, *, by: User) -> None:
    """Tell all who may acknowledge a high concern, but for whoever wrote it."""
    page = reverse("admin:admissions_assessment_change", args=[request_id])
    tell(
        Kind.CONCERN, find_people(ACKNOWLEDGE), key=f"assessment:{assessment_id}", page=page, by=by
    )


def tell_of_insurance(benefits_id: int, *, by: User) -> None:
    """Tell those who check insurance that there is something to check."""
    page = reverse("admin:admissions_benefitsverification_change", args=[benefits_id])
    tell(Kind.INSURANCE_ASKED, find_people(VERIFY), key=f"benefits:{benefits_id}", page=page, by=by)


def tell_of_checked_insurance(
    benefits_id: int, request_id: UUID, *, people: list[User], by: User
) -> None:
    """Tell who asked, and whose request it is, each time a check comes to its end."""
    key = f"benefits:{benefits_id}:{timezone.now().timestamp():.6f}"
    tell(Kind.INSURANCE_DONE, people, key=key, page=request_page(request_id), by=by)


def find_people(permission: str) -> list[User]:
    """Everyone active with a role that may do this."""
    found = User.objects.with_perm(permission, include_superusers=False, backend=AUTH_BACKEND)
    return list(found.order_by("pk"))
