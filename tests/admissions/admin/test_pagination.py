"""Lists whose pages far back cost no more than the first."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from admissions.admin.pagination import KeyedPaginator
from admissions.intake.demand import annotate_demand
from admissions.scheduling.models import Shortage
from tests.support.desk import minutes

pytestmark = pytest.mark.django_db


@pytest.fixture
def shortages():
    for n in range(5):
        Shortage.objects.create(language="en", began_at=minutes(n), ended_at=minutes(n + 1))
    return annotate_demand(Shortage.objects.order_by("-began_at"))


def test_page_holds_its_rows_in_order(shortages):
    page = KeyedPaginator(shortages, 2).page(2)

    assert list(page.object_list) == list(shortages[2:4])
    assert page.object_list[0].requests_meanwhile == 0


def test_rows_passed_over_are_not_computed(shortages):
    with CaptureQueriesContext(connection) as asked:
        list(KeyedPaginator(shortages, 2).page(2).object_list)

    passing = [each["sql"] for each in asked if "OFFSET" in each["sql"]]
    assert ["requests_meanwhile" in sql for sql in passing] == [False]
