"""In person: people choose where, see it, and stay there."""

from datetime import time, timedelta

import pytest
import time_machine
from django.urls import reverse

from admissions.booking import by_staff
from admissions.exceptions import SlotTaken
from admissions.scheduling import assignment, coverage
from admissions.scheduling.assignment import SlotChoice
from admissions.scheduling.models import Consultation
from programs.models import Location
from tests.support.factories import make_consultation, make_counselor, make_request, make_user
from tests.support.visitor import DETAILS, MONDAY, TOMORROW_AT_TEN, Visitor, read_form, stamp

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
CHOOSE, DETAILS_PAGE = reverse("admissions:choose_time"), reverse("admissions:details")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MONDAY, tick=False) as at:
        yield at


@pytest.fixture
def here():
    return make_counselor(opens=time(9), closes=time(12))


@pytest.fixture
def there(here):
    tustin = Location.objects.create(
        name="Tustin", street_address="1 Example St", city="Tustin", postal_code="92780",
        sort_order=9,
    )  # fmt: skip
    return make_counselor(public_name="Mina", location=tustin, opens=time(13), closes=time(17))


def asked(counselor, **more):
    return {"mode": "in_person", "place": counselor.location_id, **more}


def starts(page):
    return {slot.stamp[9:11] for slot in page.context["slots"]}


def test_one_place_is_shown_without_a_choice(here):
    page = Visitor().get(CHOOSE, {"mode": "in_person"})

    assert (page.context["place"], len(page.context["places"])) == (here.location, 1)
    assert here.location.address in page.text
    assert "Where would you like to come?" not in page.text


def test_counselor_is_until_midnight_where_their_hours_are(there):
    counselor = make_counselor(opens=time(20), closes=time(0))
    counselor.weekly_hours.update(location=there.location)

    half_past_eleven = MONDAY + timedelta(hours=13, minutes=30)

    assert counselor.location_id_at(half_past_eleven, "in_person") == there.location_id


def test_places_are_chosen_by_link_and_each_has_its_own_times(here, there):
    first, second = (
        Visitor().get(CHOOSE, {"mode": "in_person"}),
        Visitor().get(CHOOSE, asked(there)),
    )

    assert "Where would you like to come?" in first.text
    assert f"place={there.location_id}" in first.text
    assert there.location.address in second.text
    assert starts(first).isdisjoint(starts(second))


@pytest.mark.parametrize("place", ["", "0", "x", "999999"])
def test_unknown_place_means_the_first(here, there, place):
    page = Visitor().get(CHOOSE, {"mode": "in_person", "place": place})

    assert (page.status_code, page.context["place"]) == (200, here.location)


def test_place_without_anyone_to_see_people_is_not_offered(here, there):
    there.modes = ["phone"]
    there.save()

    page = Visitor().get(CHOOSE, asked(there))

    assert [place for place, _query, _chosen in page.context["places"]] == [here.location]


@pytest.mark.parametrize("mode", ["phone", "video"])
def test_other_modes_know_no_place(here, there, mode):
    page = Visitor().get(CHOOSE, asked(there) | {"mode": mode})

    assert (page.context["place"], page.context["places"]) == (None, [])


def test_page_that_looks_again_asks_about_its_own_place(here, there):
    visitor = Visitor()
    page = visitor.get(CHOOSE, asked(there))

    answer = visitor.get(reverse("admissions:open_times"), asked(there)).json()

    shown = [slot.stamp for slot in page.context["slots"]]
    assert answer["times"] == shown
    assert f"mode=in_person&amp;place={there.location_id}" in page.text


def test_details_show_the_address_and_book_there(here, there):
    visitor, at = Visitor(), TOMORROW_AT_TEN + 4 * HOUR
    page = visitor.get(DETAILS_PAGE, asked(there, at=stamp(at)))

    visitor.post(DETAILS_PAGE, read_form(page, "details").values | DETAILS)

    consultation = Consultation.objects.get()
    assert there.location.address in page.text
    assert (consultation.counselor, consultation.location) == (there, there.location)
    assert consultation.assigned_because == "speaks en, at Tustin; the only one free"


def test_time_of_another_place_is_lost_here_and_offers_times_of_this_place(here, there):
    visitor, at = Visitor(), TOMORROW_AT_TEN + 4 * HOUR
    form = read_form(visitor.get(DETAILS_PAGE, asked(there, at=stamp(at))), "details").values

    page = visitor.post(DETAILS_PAGE, form | DETAILS | {"place": here.location_id})

    assert (page.status_code, Consultation.objects.count()) == (409, 0)
    assert {chip.stamp[9:11] for chip in page.context["nearest"]} <= {"17", "18", "19"}


def test_hold_takes_a_counselor_of_the_place_however_loaded(here, there):
    make_consultation(starts_at=TOMORROW_AT_TEN + HOUR, counselor=here)
    there.weekly_hours.update(opens=time(9))

    held = assignment.hold_slot(
        request=make_request(),
        pick=SlotChoice(TOMORROW_AT_TEN, "in_person", location_id=here.location_id),
        now=MONDAY,
    )

    assert held.counselor == here


def test_move_of_a_visit_stays_at_its_place(here, there):
    consultation = make_consultation(starts_at=TOMORROW_AT_TEN, counselor=here, mode="in_person")

    with pytest.raises(SlotTaken):
        by_staff.reschedule_consultation(
            request_id=consultation.request_id,
            starts_at=TOMORROW_AT_TEN + 4 * HOUR,
            by=make_user(),
        )

    assert Consultation.objects.get().is_standing is True


@pytest.fixture
def on_tuesdays(here, there):
    """The counselor of here sees people there on Tuesdays, from nine to noon."""
    here.weekly_hours.filter(weekday=1).update(location=there.location)
    return here


def test_counselor_who_works_at_two_places_is_offered_where_they_are(here, there, on_tuesdays):
    pages = [Visitor().get(CHOOSE, asked(each)) for each in (here, there)]

    (first, _second) = [{slot.stamp[:8] for slot in page.context["slots"]} for page in pages]
    assert stamp(TOMORROW_AT_TEN)[:8] not in first
    assert starts(pages[1]) >= {"17", "18", "21"}


def test_visit_is_booked_where_the_counselor_is_then(here, there, on_tuesdays):
    held = assignment.hold_slot(
        request=make_request(),
        pick=SlotChoice(TOMORROW_AT_TEN, "in_person", location_id=there.location_id),
        now=MONDAY,
    )

    assert (held.counselor, held.location) == (here, there.location)


@pytest.mark.parametrize(("mode", "is_there"), [("in_person", True), ("phone", False)])
def test_visit_that_staff_book_with_someone_is_where_they_are_then(
    here, there, on_tuesdays, mode, is_there
):
    held = assignment.hold_slot(
        request=make_request(), pick=SlotChoice(TOMORROW_AT_TEN, mode, here.pk), now=MONDAY
    )

    assert held.location == (there if is_there else here).location


def test_place_where_a_counselor_only_has_hours_is_offered(here, there, on_tuesdays):
    there.user.is_active = False
    there.user.save()

    page = Visitor().get(CHOOSE, asked(here))

    assert [place for place, _query, _chosen in page.context["places"]] == [
        here.location,
        there.location,
    ]


def test_visit_where_the_counselor_is_no_longer_then_is_a_gap(here, there):
    visit = make_consultation(starts_at=TOMORROW_AT_TEN, counselor=here, mode="in_person")
    call = make_consultation(starts_at=TOMORROW_AT_TEN + HOUR, counselor=here)
    assert coverage.find_gaps(now=MONDAY) == []

    here.weekly_hours.filter(weekday=1).update(location=there.location)

    gaps = [(gap.consultation, gap.reason) for gap in coverage.find_gaps(now=MONDAY)]
    assert gaps == [(visit, coverage.UncoveredReason.HOURS)]
    assert call.is_standing
