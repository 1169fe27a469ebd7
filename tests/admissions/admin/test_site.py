"""The wording of the triage list: why a request is here, and what comes next."""

from dataclasses import replace
from datetime import timedelta

import pytest

from admissions import staff_formatting
from admissions.care.models import BenefitsVerification
from admissions.intake.models import ConsultationRequest, ContactAttempt
from admissions.scheduling.models import Consultation
from admissions.triage import next_action, status_line
from admissions.triage.desk_clock import DeskClock
from tests.support import factories
from tests.support.desk import NOW, minutes

pytestmark = pytest.mark.django_db
Stage, Result = ConsultationRequest.Stage, ContactAttempt.Result
CLOCK = DeskClock(NOW)


def tried(request, at, result=Result.NO_ANSWER):
    by = factories.make_user("coordinator")
    return request.attempts.create(at=at, by=by, channel="call", result=result)


def visit(starts_at, **columns):
    """A booked request with its consultation, two days old."""
    request = factories.make_request(
        source="booking",
        stage=columns.pop("stage", Stage.CONSULTATION_SCHEDULED),
        due_at=columns.pop("due_at", starts_at),
        created_at=NOW - timedelta(days=2),
    )
    counselor = factories.make_counselor(public_name="Sam")
    columns.setdefault("booked_at", request.created_at)
    factories.make_consultation(
        starts_at=starts_at, request=request, counselor=counselor, **columns
    )
    return request


def test_why_safety_comes_first():
    request = factories.make_request(
        is_in_danger=True, promised_call_by=minutes(3), created_at=minutes(-2)
    )

    line = status_line.describe_status(request, CLOCK)

    assert line == status_line.StatusLine(
        "Safety: said someone may be in danger", "asked for a call 2 min ago", "hot"
    )


@pytest.mark.parametrize(
    ("promised", "sentence", "urgency"),
    [
        (1144, "Call promised by tomorrow 9:15 am, 19 h left", "warm"),
        (16, "Call promised by 2:27 pm, 16 min left", "warm"),
        (15, "Call promised by 2:26 pm, 15 min left", "hot"),
        (0, "Call promised by 2:11 pm, under 1 min left", "hot"),
        (-1, "Call promised by 2:10 pm, 1 min late", "hot"),
        (-11, "Call promised by 2:00 pm, 11 min late", "hot"),
    ],
)
def test_why_promised_call_tells_the_clock(promised, sentence, urgency):
    request = factories.make_request(promised_call_by=minutes(promised), created_at=minutes(-7))

    line = status_line.describe_status(request, CLOCK)

    assert (line.text, line.urgency) == (sentence, urgency)
    assert line.detail.startswith("asked for a call 7 min ago")


@pytest.mark.parametrize(
    ("due", "sentence", "urgency", "mark"),
    [
        (1000, "First answer due tomorrow 6:51 am", "", ""),
        (61, "First answer due 3:12 pm", "", ""),
        (60, "First answer due 3:11 pm", "warm", ""),
        (0, "First answer due 2:11 pm", "warm", ""),
        (-1, "First answer was due 2:10 pm, 1 min late", "hot", ""),
        (-44, "First answer was due 1:27 pm, 44 min late", "hot", ""),
        (-45, "First answer was due 1:26 pm, 45 min late", "hot", "over the hour"),
        (-46, "First answer was due 1:25 pm, 46 min late", "hot", "over the hour"),
    ],
)
def test_why_first_answer_tells_when_it_is_due(due, sentence, urgency, mark):
    request = factories.make_request(due_at=minutes(due), created_at=minutes(-35))

    line = status_line.describe_status(request, CLOCK)

    assert line == status_line.StatusLine(sentence, "asked for a call 35 min ago", urgency, mark)


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"promised_call_by": minutes(75)}, "We open at 3:11 pm: call promised by 3:26 pm"),
        ({"due_at": minutes(75)}, "We open at 3:11 pm: first answer due 3:26 pm"),
        ({"due_at": minutes(-5)}, "First answer was due 2:06 pm, 5 min late"),
        ({"promised_call_by": minutes(-5)}, "Call promised by 2:06 pm, 5 min late"),
        ({"promised_call_by": minutes(40)}, "Call promised by 2:51 pm, 40 min left"),
    ],
)
def test_why_says_when_we_open_where_nobody_is_there_before(columns, sentence):
    request = factories.make_request(**columns)

    assert (
        status_line.describe_status(request, replace(CLOCK, opens_at=minutes(60))).text == sentence
    )


@pytest.mark.parametrize(
    ("opens_at", "words"),
    [
        (minutes(60), "at 3:11 pm"),
        (minutes(1440), "tomorrow at 2:11 pm"),
        (minutes(2 * 1440), "on Thu at 2:11 pm"),
        (minutes(7 * 1440), "on Dec 1 at 2:11 pm"),
    ],
)
def test_opening_reads_as_the_end_of_we_open(opens_at, words):
    assert staff_formatting.format_opening(opens_at, NOW) == words


@pytest.mark.parametrize(
    ("starts_at", "sentence", "urgency"),
    [
        (minutes(49), "Consultation today 3:00 pm", "warm"),
        (minutes(180), "Consultation today 5:11 pm", ""),
        (minutes(1440), "Consultation tomorrow 2:11 pm", ""),
        (minutes(2 * 1440), "Consultation Thu 2:11 pm", ""),
        (minutes(7 * 1440), "Consultation Dec 1, 2:11 pm", ""),
        (minutes(0), "Consultation now, since 2:11 pm", "warm"),
        (minutes(-45), "Consultation ended 2:11 pm, no outcome yet", "warm"),
    ],
)
def test_why_consultation_follows_the_clock(starts_at, sentence, urgency):
    request = visit(starts_at)

    line = status_line.describe_status(request, CLOCK)

    assert line == status_line.StatusLine(sentence, "Phone with Sam, booked 2 days ago", urgency)


def test_why_consultation_that_they_keep_says_so():
    request = visit(minutes(49), status=Consultation.Status.CONFIRMED)

    line = status_line.describe_status(request, CLOCK)

    assert line.detail == "Phone with Sam, confirmed, booked 2 days ago"


@pytest.mark.parametrize(
    ("tries", "sentence"),
    [
        (1, "Second attempt due tomorrow 2:11 pm"),
        (2, "Third attempt due tomorrow 2:11 pm"),
        (6, "Decision after six attempts due tomorrow 2:11 pm"),
    ],
)
def test_why_counts_the_attempts(tries, sentence):
    request = factories.make_request(stage=Stage.ATTEMPTING_CONTACT, due_at=minutes(1440))
    for number in range(tries):
        tried(request, minutes(number - 600))

    assert status_line.describe_status(request, CLOCK).text == sentence


def test_why_late_attempt_is_warm():
    request = factories.make_request(stage=Stage.ATTEMPTING_CONTACT, due_at=minutes(-300))
    tried(request, minutes(-3000))

    line = status_line.describe_status(request, CLOCK)

    assert (line.text, line.urgency) == ("Second attempt was due 9:11 am, 5 h late", "warm")


def test_why_no_show_asks_for_a_call():
    request = visit(
        minutes(-12),
        status=Consultation.Status.NO_SHOW,
        ended_at=minutes(-3),
        stage=Stage.ATTEMPTING_CONTACT,
        due_at=minutes(-2),
    )

    assert (
        status_line.describe_status(request, CLOCK).text
        == "Call after the no-show was due 2:09 pm, 2 min late"
    )


def test_why_no_show_is_over_once_somebody_tried():
    request = visit(
        minutes(-120),
        status=Consultation.Status.NO_SHOW,
        ended_at=minutes(-100),
        stage=Stage.ATTEMPTING_CONTACT,
        due_at=minutes(30),
    )
    tried(request, minutes(-90))

    assert status_line.describe_status(request, CLOCK).text == "Second attempt due 2:41 pm"


def test_why_cancellation_asks_for_a_check_in():
    request = visit(
        minutes(1440),
        status=Consultation.Status.CANCELED_BY_PERSON,
        ended_at=minutes(-3),
        stage=Stage.ATTEMPTING_CONTACT,
        due_at=minutes(1437),
    )

    assert (
        status_line.describe_status(request, CLOCK).text
        == "Check-in after the cancellation due tomorrow 2:08 pm"
    )


def test_why_asked_to_stop_says_so():
    request = factories.make_request(stage=Stage.ATTEMPTING_CONTACT, due_at=minutes(60))
    tried(request, minutes(-30), Result.ASKED_TO_STOP)

    lines = (
        status_line.describe_status(request, CLOCK).text,
        next_action.describe_next_action(request, NOW).text,
    )

    assert lines == ("They asked us to stop", "Close it")


def test_why_closed_tells_how_and_when():
    request = factories.make_request(
        stage=Stage.CLOSED,
        closed_at=minutes(-1440),
        disposition="referred_out",
        close_reason="medi_cal",
    )

    line = status_line.describe_status(request, CLOCK)

    assert line == status_line.StatusLine(
        "Closed: Referred elsewhere", "Medi-Cal, routed to the county, closed yesterday 2:11 pm"
    )


@pytest.mark.parametrize(
    ("columns", "action"),
    [
        ({"is_in_danger": True}, status_line.StatusLine("Call now", urgency="hot")),
        ({"promised_call_by": minutes(3)}, status_line.StatusLine("Call by 2:14 pm")),
        ({"promised_call_by": minutes(-3)}, status_line.StatusLine("Call now", urgency="hot")),
        ({"due_at": minutes(29)}, status_line.StatusLine("Call by 2:40 pm")),
        ({"due_at": minutes(29), "phone": ""}, status_line.StatusLine("Email by 2:40 pm")),
        (
            {"due_at": minutes(29), "may_call": False, "may_text": True},
            status_line.StatusLine("Text or email by 2:40 pm"),
        ),
        (
            {"due_at": minutes(29), "may_call": False, "may_text": True, "may_email": False},
            status_line.StatusLine("Text by 2:40 pm"),
        ),
        (
            {"due_at": minutes(29), "may_call": False, "may_email": False},
            status_line.StatusLine("No way left to reach them: close it"),
        ),
        ({"due_at": minutes(-1)}, status_line.StatusLine("Call now", urgency="hot")),
    ],
)
def test_next_action_names_a_permitted_way(columns, action):
    request = factories.make_request(created_at=minutes(-20), **columns)

    assert next_action.describe_next_action(request, NOW) == action


@pytest.mark.parametrize(
    ("starts_at", "action"),
    [
        (minutes(49), "Talk at 3:00 pm"),
        (minutes(0), "Talk now"),
        (minutes(-45), "Record the outcome"),
    ],
)
def test_next_action_follows_the_consultation(starts_at, action):
    request = visit(starts_at)

    assert next_action.describe_next_action(request, NOW).text == action


@pytest.mark.parametrize(
    ("until", "why", "action"),
    [
        (1, "Set aside until 2:12 pm", "Take it up again 2:12 pm"),
        (0, "Set aside until 2:11 pm, back for under 1 min", "Take it up again 2:11 pm"),
        (-1, "Set aside until 2:10 pm, back for 1 min", "Take it up again now"),
    ],
)
def test_set_aside_comes_back_when_its_time_has_come(until, why, action):
    request = factories.make_request(
        stage=Stage.CONTACTED, due_at=minutes(until), snoozed_until=minutes(until)
    )

    lines = (
        status_line.describe_status(request, CLOCK),
        next_action.describe_next_action(request, NOW),
    )

    assert (lines[0].text, lines[1].text) == (why, action)


def test_set_aside_ends_with_another_due_time():
    request = factories.make_request(
        stage=Stage.CONTACTED, due_at=minutes(30), snoozed_until=minutes(90)
    )

    assert status_line.describe_status(request, CLOCK).text == "Follow-up due 2:41 pm"


def test_set_aside_gives_way_to_the_consultation_before_it():
    request = visit(minutes(60), due_at=minutes(90))
    request.snoozed_until = minutes(90)

    assert status_line.describe_status(request, CLOCK).text == "Consultation today 3:11 pm"


def test_set_aside_before_a_consultation_says_so():
    request = visit(minutes(60), due_at=minutes(30))
    request.snoozed_until = minutes(30)

    assert status_line.describe_status(request, CLOCK).text == "Set aside until 2:41 pm"


# Care


def interview(request):
    return request.assessments.create(version=1, by=factories.make_user("counselor"))


@pytest.mark.parametrize(
    ("stage", "why", "action"),
    [
        (Stage.CONTACTED, "Follow-up due 2:41 pm", "Call by 2:41 pm"),
        (Stage.CONSULTATION_SCHEDULED, "A new time due 2:41 pm", "Find a new time by 2:41 pm"),
        (
            Stage.CONSULTATION_COMPLETED,
            "Assessment due 2:41 pm",
            "Record the assessment by 2:41 pm",
        ),
        (
            Stage.RECOMMENDATION_MADE,
            "Agreement on the next step due 2:41 pm",
            "Call: agree what comes next by 2:41 pm",
        ),
        (Stage.ADMISSION_PENDING, "Admission due 2:41 pm", "Settle the admission by 2:41 pm"),
    ],
)
def test_every_stage_says_what_is_owed(stage, why, action):
    request = factories.make_request(stage=stage, due_at=minutes(30))

    lines = (
        status_line.describe_status(request, CLOCK),
        next_action.describe_next_action(request, NOW),
    )

    assert (lines[0].text, lines[1].text) == (why, action)


def test_after_the_assessment_care_is_recommended():
    request = factories.make_request(stage=Stage.CONSULTATION_COMPLETED, due_at=minutes(30))
    interview(request)

    lines = (
        status_line.describe_status(request, CLOCK),
        next_action.describe_next_action(request, NOW),
    )

    assert (lines[0].text, lines[1].text) == (
        "Recommendation due 2:41 pm", "Recommend care by 2:41 pm",
    )  # fmt: skip


def test_high_concern_waits_for_a_clinician_before_a_promised_call():
    request = factories.make_request(
        stage=Stage.CONSULTATION_COMPLETED, concern_opened_at=minutes(-5),
        promised_call_by=minutes(2),
    )  # fmt: skip

    lines = (
        status_line.describe_status(request, CLOCK),
        next_action.describe_next_action(request, NOW),
    )

    assert [(line.text, line.urgency) for line in lines] == [
        ("A clinician must look at this", "hot"), ("Have a clinician look now", "hot"),
    ]  # fmt: skip
    assert lines[0].detail == "since 2:06 pm"


def test_referral_waits_for_word_from_there():
    request = factories.make_request(stage=Stage.RECOMMENDATION_MADE, due_at=minutes(30))
    request.referrals.create(to_whom="County line", made_by=factories.make_user("counselor"))

    lines = (
        status_line.describe_status(request, CLOCK),
        next_action.describe_next_action(request, NOW),
    )

    assert (lines[0].text, lines[1].text) == (
        "Word from where we referred them due 2:41 pm", "Confirm the hand-over by 2:41 pm",
    )  # fmt: skip


def test_insurance_details_are_asked_for_once_we_talk():
    request = factories.make_request(stage=Stage.CONTACTED, due_at=minutes(30))
    BenefitsVerification.objects.create(request=request, status="info_needed")

    assert (
        next_action.describe_next_action(request, NOW).text
        == "Call: ask for insurance details by 2:41 pm"
    )


def test_next_action_after_the_plan_is_to_close():
    request = factories.make_request(stage=Stage.ATTEMPTING_CONTACT, due_at=minutes(60))
    for number in range(6):
        tried(request, minutes(number - 600))

    assert next_action.describe_next_action(request, NOW).text == "Close it"


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (timedelta(seconds=59), "under 1 min"),
        (timedelta(minutes=1), "1 min"),
        (timedelta(minutes=60), "1 h"),
        (timedelta(minutes=125), "2 h 5 min"),
        (timedelta(minutes=301), "5 h"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=3, hours=5), "3 days"),
    ],
)
def test_lasting_grows_rounder(time, words):
    assert staff_formatting.format_duration(time) == words


def test_clock_reads_the_same_across_the_end_of_daylight_saving():
    # Sunday, November 1, 2026: 9:00 am is PST; the afternoon before was PDT.
    before = NOW.replace(month=10, day=31, hour=20)
    after = NOW.replace(month=11, day=1, hour=17, minute=0)

    assert staff_formatting.format_short_datetime(after, before) == "tomorrow 9:00 am"


# An email that was lost


LOST = {"email_failed_at": NOW - timedelta(minutes=1), "due_at": NOW - timedelta(minutes=1)}


@pytest.mark.parametrize(
    ("plan", "why", "step"),
    [
        ({"may_call": True, "may_text": True}, "Email failed: call them", "Call now"),
        ({"may_call": False, "may_text": True}, "Email failed: text them", "Text now"),
        ({"may_call": False}, "Email failed: no other way is permitted", "Check the address"),
        ({"phone": ""}, "Email failed: no other way is permitted", "Check the address"),
    ],
    ids=["may call", "may text", "email only", "no phone"],
)
def test_email_that_failed_asks_for_the_way_that_the_plan_permits(plan, why, step):
    request = factories.make_request(created_at=minutes(-9), **LOST, **plan)

    lines = (
        status_line.describe_status(request, CLOCK),
        next_action.describe_next_action(request, NOW),
    )

    asked = "asked for a call 9 min ago"
    assert lines == (
        status_line.StatusLine(why, asked, "hot"),
        status_line.StatusLine(step, urgency="hot"),
    )


def test_email_that_failed_comes_before_a_consultation_to_come():
    request = visit(minutes(120), due_at=NOW)
    request.email_failed_at = NOW

    assert status_line.describe_status(request, CLOCK).text == "Email failed: call them"


def test_email_that_failed_gives_way_to_the_talk_itself():
    request = visit(minutes(0))
    request.email_failed_at = minutes(-1)

    assert next_action.describe_next_action(request, NOW).text == "Talk now"


def test_email_that_failed_gives_way_to_a_promised_call():
    request = factories.make_request(promised_call_by=minutes(3), **LOST)

    assert next_action.describe_next_action(request, NOW).text == "Call by 2:14 pm"


def test_reopened_begins_the_plan_anew():
    request = factories.make_request(
        stage=Stage.ATTEMPTING_CONTACT, due_at=minutes(15), reopened_at=NOW
    )
    for number in range(6):
        tried(request, minutes(number - 600))

    lines = (
        status_line.describe_status(request, CLOCK),
        next_action.describe_next_action(request, NOW),
    )

    assert (lines[0].text, lines[1].text) == (
        "First try since it was reopened due 2:26 pm", "Call by 2:26 pm",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "action"),
    [
        ({"email": ""}, "No way left to reach them: close it"),
        ({"may_text": True}, "Email by 2:40 pm"),
    ],
)
def test_next_action_after_a_wrong_number_is_another_way(columns, action):
    request = factories.make_request(due_at=minutes(29), stage="attempting_contact", **columns)
    by = factories.make_user()
    request.attempts.create(by=by, channel="call", result="wrong_number", at=minutes(-5))

    assert next_action.describe_next_action(request, NOW).text == action
