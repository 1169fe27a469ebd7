"""Who may see and change what at the desk: numbers 18 to 29 of docs/security-cases.md."""

from datetime import time

import pytest

from admissions.scheduling.models import WeeklyHours
from tests.support import factories
from tests.support.visitor import MONDAY

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(MONDAY)]


@pytest.mark.security(25)
@pytest.mark.parametrize("verb", [{}, {"weekly_hours-0-DELETE": "on"}], ids=["change", "delete"])
def test_row_of_someone_else_is_not_reached_through_the_form_of_another(client, verb):
    mine, theirs = factories.make_counselor(days=[0]), factories.make_counselor(days=[0])
    hours = WeeklyHours.objects.get(counselor=theirs)
    client.force_login(factories.make_user("director"))
    form = {
        "user": mine.user_id,
        "public_name": mine.public_name,
        "is_taking_consultations": "on",
        "languages": ["en"],
        "modes": ["phone"],
        "location": mine.location_id,
        "share": 100,
        "weekly_hours-TOTAL_FORMS": 1,
        "weekly_hours-INITIAL_FORMS": 1,
        "weekly_hours-0-id": hours.pk,
        "weekly_hours-0-counselor": mine.pk,
        "weekly_hours-0-weekday": 4,
        "weekly_hours-0-opens": "01:00",
        "weekly_hours-0-closes": "02:00",
        "extra_hours-TOTAL_FORMS": 0,
        "extra_hours-INITIAL_FORMS": 0,
    }

    client.post(f"/admin/admissions/counselor/{mine.pk}/change/", form | verb)

    kept = WeeklyHours.objects.get(pk=hours.pk)
    assert (kept.counselor_id, kept.weekday, kept.opens) == (theirs.pk, 0, time(9))
