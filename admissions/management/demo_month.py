"""An invented month that is over, so that the director's screen has something to show."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from admissions.care.models import Assessment, Recommendation, Referral, StaffCredential
from admissions.intake.models import ConsultationRequest, ContactAttempt
from admissions.scheduling.models import Consultation, Counselor, Shortage
from programs.models import LevelOfCare, Program

EMAIL = "month{n}@example.com"
PEOPLE, HOURS = 96, [1, 7, 8, 9, 9, 10, 10, 11, 12, 13, 14, 15, 16, 17, 17, 18, 19, 20, 21, 22]
NAMES = ["Avery", "Blake", "Casey", "Drew", "Kai", "Morgan", "Quinn", "Reese", "Riley", "Wren"]
SOURCES = ["callback", "callback", "booking", "booking", "booking", "staff"]
# How the stories of twelve people end: the furthest step, the disposition, the reason.
ENDS = [
    ("asked", "unable_to_reach", "no_response"),
    ("asked", "unable_to_reach", "invalid_contact"),
    ("talked", "declined_by_person", "not_ready"),
    ("booked", "unable_to_reach", "no_response"),
    ("booked", "withdrawn", "other_provider"),
    ("held", "declined_by_person", "cost"),
    ("held", "declined_by_person", "schedule"),
    ("held", "referred_out", "needs_higher_level"),
    ("recommended", "declined_by_person", "out_of_network"),
    ("recommended", "admitted_iop", ""),
    ("recommended", "admitted_iop", ""),
    ("recommended", "admitted_residential", ""),
]
AGREED = {"admitted_residential": "3.5"}


@dataclass
class Story:
    """One person's way through admissions."""

    request: ConsultationRequest
    step: str
    disposition: str
    reason: str
    counselor: Counselor
    lead: timedelta

    @property
    def talk_at(self) -> datetime:
        at = self.request.created_at + self.lead
        return at.replace(minute=0, second=0, microsecond=0)


def has_month() -> bool:
    return bool(ConsultationRequest.objects.with_email(EMAIL.format(n=0)))


def add_month(now: datetime) -> None:
    """People who asked in the last thirty days, and are no work for anyone any more."""
    dice = Random(30)  # noqa: S311  the same month every time
    counselors = list(Counselor.objects.filter(user__credentials__isnull=False).order_by("pk"))
    programs = [None, *Program.objects.order_by("sort_order")]
    stories = [build_story(n, now, dice, counselors, programs) for n in range(PEOPLE)]
    ConsultationRequest.objects.bulk_create(each.request for each in stories)
    ContactAttempt.objects.bulk_create(
        each for one in stories for each in story_attempts(one, dice)
    )
    Consultation.objects.bulk_create(
        each for one in stories for each in story_consultations(one, dice)
    )
    add_care(stories)
    for each in stories:
        close_story(each)
    began = now - timedelta(days=9)
    Shortage.objects.create(language="es", began_at=began, ended_at=began + timedelta(hours=31))


def build_story(
    n: int, now: datetime, dice: Random, counselors: list[Counselor], programs: list[Program | None]
) -> Story:
    midnight = now.replace(hour=8, minute=0, second=0, microsecond=0)
    asked = midnight - timedelta(days=4 + n % 27)
    asked += timedelta(hours=dice.choice(HOURS), minutes=dice.randrange(60))
    request = ConsultationRequest(
        created_at=asked,
        due_at=asked + timedelta(days=1),
        source=dice.choice(SOURCES),
        stage=ConsultationRequest.Stage.CONTACTED,
        preferred_name=dice.choice(NAMES),
        phone=f"+16575550{100 + n}",
        email=EMAIL.format(n=n),
        for_whom=dice.choice(["self", "self", "loved_one"]),
        language=dice.choice(["en", "en", "en", "es"]),
        program_interest=dice.choice(programs),
        may_call=True,
        may_email=True,
    )
    step, disposition, reason = ENDS[(n * 5) % len(ENDS)]
    lead = timedelta(hours=dice.choice([5, 20, 26, 44, 60, 80, 120, 70]))
    return Story(request, step, disposition, reason, counselors[n % len(counselors)], lead)


def story_attempts(story: Story, dice: Random) -> list[ContactAttempt]:
    """Calls, the last of which reached them, unless nobody ever did."""
    is_reached = story.step != "asked"
    if story.request.source == "booking" and is_reached:
        return []
    after = timedelta(minutes=dice.choice([3, 4, 4, 5, 7, 12, 25, 90]))
    results = ["no_answer"] * dice.randrange(3) + (["reached"] if is_reached else ["voicemail"])
    return [
        ContactAttempt(
            request=story.request,
            by=story.counselor.user,
            at=story.request.created_at + after + timedelta(hours=3 * place),
            channel="call",
            result=result,
        )
        for place, result in enumerate(results)
    ]


def story_consultations(story: Story, dice: Random) -> list[Consultation]:
    """What was booked; of those who came, a few had missed one before."""
    if story.step in ("asked", "talked"):
        return []
    came = story.step != "booked"
    found = [build_consultation(story, story.talk_at, "completed" if came else "no_show")]
    if came and dice.random() < 0.2:
        found[0].booked_at = story.talk_at - timedelta(hours=20)
        found.append(build_consultation(story, story.talk_at - timedelta(hours=22), "no_show"))
    return found


def build_consultation(story: Story, at: datetime, status: str) -> Consultation:
    ends = at + timedelta(minutes=45)
    return Consultation(
        request=story.request,
        counselor=story.counselor,
        location=story.counselor.location,
        mode=story.counselor.modes[at.hour % len(story.counselor.modes)],
        status=status,
        starts_at=at,
        ends_at=ends,
        held=DateTimeTZRange(at, at + timedelta(hours=1), "[)"),
        booked_at=story.request.created_at,
        ended_at=ends,
        assigned_because="invented for the demo",
    )


def add_care(stories: list[Story]) -> None:
    """Interviews and recommendations of those who came that far; referrals of those sent on."""
    levels = {each.code: each for each in LevelOfCare.objects.filter(scheme="ASAM4")}
    signed = {each.user_id: each for each in StaffCredential.objects.all()}
    far = [each for each in stories if each.step == "recommended"]
    interviews = Assessment.objects.bulk_create(build_assessment(each, signed) for each in far)
    Recommendation.objects.bulk_create(
        build_recommendation(each, interview, levels)
        for each, interview in zip(far, interviews, strict=True)
    )
    Referral.objects.bulk_create(
        build_referral(each, place)
        for place, each in enumerate(one for one in stories if one.disposition == "referred_out")
    )


def build_assessment(story: Story, signed: dict) -> Assessment:
    by = story.counselor.user
    return Assessment(
        request=story.request, version=1, by=by, credential=signed[by.pk], at=story.talk_at
    )


def build_recommendation(story: Story, made: Assessment, levels: dict) -> Recommendation:
    agreed = AGREED.get(story.disposition, "2.1")
    is_other = story.request.language == "es" and agreed == "2.1"
    return Recommendation(
        request=story.request,
        assessment=made,
        version=1,
        recommended_level=levels["3.5" if is_other else agreed],
        agreed_level=levels[agreed],
        reason_if_different=Recommendation.DifferenceReason.PREFERENCE if is_other else "",
        rationale="Invented for the demo.",
        by=made.by,
        credential=made.credential,
        at=made.at + timedelta(hours=1),
    )


def build_referral(story: Story, place: int) -> Referral:
    by, at = story.counselor.user, story.talk_at + timedelta(hours=2)
    confirmed = {"confirmed_at": at + timedelta(days=1), "confirmed_by": by} if place % 3 else {}
    return Referral(
        request=story.request, to_whom="A hospital nearby", made_at=at, made_by=by, **confirmed
    )


def close_story(story: Story) -> None:
    """Closed the day after the last that happened; a trigger looks at every admission."""
    ConsultationRequest.objects.filter(pk=story.request.pk).update(
        stage=ConsultationRequest.Stage.CLOSED,
        closed_at=story.talk_at + timedelta(hours=30),
        due_at=None,
        disposition=story.disposition,
        close_reason=story.reason,
    )
