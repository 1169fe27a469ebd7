"""People who asked for us, made as rows, for counting them."""

from datetime import UTC, date, datetime, timedelta

from admissions.care.models import Assessment, Recommendation, Referral, StaffCredential

from . import factories
from .care import level

# A Tuesday, 2:11 pm in California.
NOW = datetime(2026, 11, 24, 22, 11, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def ago(**units) -> datetime:
    return NOW - timedelta(**units)


def ask(at=None, **columns):
    """A request, made an hour ago unless said."""
    closing = columns.get("disposition")
    if closing:
        columns.setdefault("stage", "closed")
        columns.setdefault("closed_at", NOW)
        columns.setdefault("due_at", None)
    return factories.make_request(created_at=at or NOW - HOUR, **columns)


def attempt(request, *, by, after: int, result="no_answer"):
    """A call so many minutes after they asked."""
    at = request.created_at + timedelta(minutes=after)
    return request.attempts.create(by=by, at=at, channel="call", result=result)


def talk(request, counselor, *, at, status="completed", booked_at=None, **columns):
    """A consultation with its outcome, booked when they asked unless said."""
    return factories.make_consultation(
        request=request,
        counselor=counselor,
        starts_at=at,
        status=status,
        booked_at=booked_at or request.created_at,
        **columns,
    )


def recommend(request, by, *, at=None, recommended="2.1", agreed="2.1", why=""):
    """The next version of what is recommended for them."""
    credential, _is_new = StaffCredential.objects.get_or_create(
        user=by, title="LAADC", number=f"X{by.pk}", defaults={"expires_on": date(2028, 1, 1)}
    )
    made = {"by": by, "credential": credential, "at": at or NOW - HOUR}
    version = request.recommendations.count() + 1
    assessment = request.assessments.first() or Assessment.objects.create(
        request=request, version=1, by=by, at=made["at"]
    )
    return Recommendation.objects.create(
        request=request,
        assessment=assessment,
        version=version,
        recommended_level=level(recommended),
        agreed_level=level(agreed) if agreed else None,
        reason_if_different=why,
        rationale="Said in a test",
        amended_because="They thought it over" if version > 1 else "",
        **made,
    )


def refer(request, by, *, at=None, is_confirmed=False):
    confirmed = {"confirmed_at": NOW, "confirmed_by": by} if is_confirmed else {}
    return Referral.objects.create(
        request=request, to_whom="Elsewhere", made_at=at or NOW - HOUR, made_by=by, **confirmed
    )


def admit(request, by, disposition="admitted_iop"):
    """Recommended and admitted, past whatever stages came between."""
    recommend(request, by)
    type(request).objects.filter(pk=request.pk).update(
        stage="closed", closed_at=NOW, due_at=None, disposition=disposition
    )
