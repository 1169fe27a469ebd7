"""A number as it is kept, as staff read it, and as whoever gave it sees it again."""

import pytest
from django.utils import translation

from admissions.phone_numbers import format_phone, mask_phone
from tests.support.factories import make_request


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["+17145550155", "+17145550155;ext=023", "+525555550155"])
def test_number_comes_back_from_the_database_with_its_extension(number):
    request = make_request(phone=number)

    request.refresh_from_db()

    assert request.phone == number


@pytest.mark.django_db
def test_numbers_that_differ_by_their_extension_differ():
    request = make_request(phone="+17145550155;ext=23")

    assert request.phone != "+17145550155"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("number", "shown", "masked"),
    [
        ("+17145550155", "(714) 555-0155", "55"),
        ("+17145550155;ext=23", "(714) 555-0155 ext. 23", "55 (with its extension)"),
        ("+525555550155", "+52 55 5555 0155", "55"),
        ("+442079460958;ext=7", "+44 20 7946 0958 x7", "58 (with its extension)"),
    ],
)
def test_number_is_shown_whole_to_staff_and_by_its_end_to_the_person(number, shown, masked):
    phone = make_request(phone=number).phone

    assert format_phone(phone) == shown
    assert mask_phone(phone) == masked


def test_no_number_has_no_end():
    assert mask_phone("") == ""


@pytest.mark.django_db
def test_mask_speaks_spanish():
    phone = make_request(phone="+17145550155;ext=23").phone

    with translation.override("es"):
        assert mask_phone(phone) == "55 (con su extensión)"
