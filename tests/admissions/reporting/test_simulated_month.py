"""A month at the desk: three counselors, some away; nobody who asks is ever forgotten."""

import pytest

from admissions.intake.models import ConsultationRequest
from admissions.reporting import report
from admissions.reporting.period import period_until_now

from .month_people import CLOSED
from .month_recount import Count, told
from .month_world import HOUR, Month

pytestmark = pytest.mark.django_db


def test_nobody_is_forgotten_in_a_month_and_every_figure_is_right(time_machine):
    month = Month(time_machine, seed=7)

    month.play()

    assert month.latest <= 3 * HOUR
    kept = ConsultationRequest.objects.values_list("pk", "stage", "disposition", "close_reason")
    assert {pk: tuple(rest) for pk, *rest in kept} == {
        each.request_id: (each.stands, *(each.ended or ("", ""))) for each in month.people
    }
    assert [each for each in month.people if (each.stands == CLOSED) != bool(each.ended)] == []
    for days, language in [(1, ""), (7, ""), (30, ""), (30, "es")]:
        period = period_until_now(days=days, now=month.now, language=language)
        plain = Count(month, begin=period.begin, end=period.end, language=language)
        assert told(report.build_report(period, now=month.now)) == plain.counted()
