"""The rows of the triage list as they are written, and what they are made of."""

import re

import pytest

from admissions.admin.triage import request_row
from admissions.intake.models import ConsultationRequest
from admissions.intake.related_rows import load_related
from admissions.triage import desk_clock
from programs.models import Program
from tests.support import factories
from tests.support.desk import LIST, NOW, minutes

pytestmark = pytest.mark.django_db
Stage = ConsultationRequest.Stage
HOSTILE = "<b x='\">&"


def test_rows_escape_whatever_comes_from_people(client, coordinator):
    owner = factories.make_user("coordinator", first_name=HOSTILE)
    program = Program.objects.first()
    program.name = HOSTILE
    program.save()
    request = factories.make_request(
        preferred_name=HOSTILE,
        email=f'"{HOSTILE}"@example.com',
        language="es",
        interpreter=HOSTILE,
        program_interest=program,
        owner=owner,
        claimed_at=NOW,
        stage=Stage.CONSULTATION_SCHEDULED,
    )
    factories.make_consultation(
        starts_at=minutes(60),
        request=request,
        counselor=factories.make_counselor(public_name=HOSTILE),
    )

    html = client.get(LIST).content.decode()
    [row] = re.findall(r"<tr role=\"row\"\s+class.*?</tr>", html, re.DOTALL)

    assert "<b x" not in row
    assert row.count("&lt;b x=&#x27;&quot;&gt;&amp;") == 6


@pytest.mark.parametrize(
    ("plan", "button"),
    [
        ({"promised_call_by": minutes(4), "due_at": minutes(4)}, 'class="btn tel go" href="tel:'),
        ({"stage": Stage.CONSULTATION_COMPLETED}, 'class="btn tel" href="tel:'),
        ({"may_call": False}, '<span class="tel">'),
    ],
)
def test_number_is_a_button_and_stands_out_where_a_call_is_next(client, coordinator, plan, button):
    factories.make_request(phone="+17145550134", **plan)

    html = client.get(LIST).content.decode()

    assert button in html


def test_rows_read_at_once_say_what_those_read_one_by_one_say(coordinator):
    factories.make_request(due_at=minutes(-5))
    tried = [factories.make_request(stage=Stage.ATTEMPTING_CONTACT) for _each in range(2)]
    for result, each in zip(("reached", "no_answer"), tried, strict=True):
        each.attempts.create(by=coordinator, channel="call", result=result)
        factories.make_consultation(starts_at=minutes(600), request=each)
    tried[0].waitlist_entries.create()
    clock = desk_clock.read_desk_clock(NOW)

    at_once = list(ConsultationRequest.objects.with_columns_of_a_line().order_by("pk"))
    load_related(at_once)
    one_by_one = ConsultationRequest.objects.order_by("pk")

    told = [
        [request_row.request_row(each, by=coordinator, clock=clock) for each in rows]
        for rows in (at_once, one_by_one)
    ]
    assert told[0] == told[1]
