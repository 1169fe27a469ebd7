from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from admissions import tokens as admissions_tokens
from admissions.intake import contact_hours, manage_links, suppressions
from admissions.intake.models import ManageToken
from tests.support.factories import make_consultation, make_request

PACIFIC = ZoneInfo("America/Los_Angeles")
NOW = datetime(2027, 1, 4, 10, tzinfo=PACIFIC)
DAY = timedelta(days=1)

pytestmark = pytest.mark.stopped_at(NOW)


# Manage links


@pytest.mark.django_db
def test_token_opens_its_own_request():
    request, _other = make_request(), make_request()

    token = manage_links.issue_tokens(request)[0]

    assert manage_links.find_request_by_token(token) == request


@pytest.mark.django_db
@pytest.mark.security(1)
def test_token_holds_256_random_bits():
    request = make_request()

    tokens = {manage_links.issue_tokens(request)[0] for _each in range(200)}

    # 43 letters of 6 bits each: 258, of which token_urlsafe fills 256.
    assert {len(token) for token in tokens} == {43}
    assert len({token[:8] for token in tokens}) == len(tokens)


@pytest.mark.django_db
@pytest.mark.security(2)
def test_token_is_kept_only_as_its_hash():
    token = manage_links.issue_tokens(make_request())[0]

    row = ManageToken.objects.filter(purpose="manage").values().get()

    assert [column for column, value in row.items() if token in str(value)] == []
    assert row["sha256"] == admissions_tokens.hash_token(token)


@pytest.mark.django_db
@pytest.mark.security(2)
def test_token_never_opens_by_its_hash():
    token = manage_links.issue_tokens(make_request())[0]

    assert manage_links.find_request_by_token(admissions_tokens.hash_token(token)) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: "",
        lambda token: token[:-1],
        lambda token: token + "A",
        lambda token: token.swapcase(),
        lambda token: ("B" if token[0] == "A" else "A") + token[1:],
        lambda token: token + "\x00",
        lambda token: "\ud800",
        lambda token: token * 1000,
    ],
    ids=["empty", "cut", "longer", "case", "letter", "NUL", "surrogate", "huge"],
)
@pytest.mark.security(5)
def test_token_that_is_not_exact_opens_nothing(spoil):
    token = manage_links.issue_tokens(make_request())[0]

    assert manage_links.find_request_by_token(spoil(token)) is None


@pytest.mark.django_db
@pytest.mark.security(7)
def test_token_lives_thirty_days(time_machine):
    request = make_request()
    token = manage_links.issue_tokens(request)[0]

    time_machine.move_to(NOW + timedelta(days=30) - timedelta(seconds=1), tick=False)
    last = manage_links.find_request_by_token(token)
    time_machine.move_to(NOW + timedelta(days=30), tick=False)

    assert (last, manage_links.find_request_by_token(token)) == (request, None)


@pytest.mark.django_db
@pytest.mark.security(7)
def test_token_outlives_a_far_consultation_by_a_week(time_machine):
    consultation = make_consultation(starts_at=NOW + 40 * DAY)
    token = manage_links.issue_tokens(consultation.request)[0]

    time_machine.move_to(consultation.ends_at + 7 * DAY - timedelta(seconds=1), tick=False)
    last = manage_links.find_request_by_token(token)
    time_machine.move_to(consultation.ends_at + 7 * DAY, tick=False)

    assert (last, manage_links.find_request_by_token(token)) == (consultation.request, None)


# Quiet hours


@pytest.mark.parametrize(
    ("clock", "is_quiet"),
    [("07:59", True), ("08:00", False), ("20:59", False), ("21:00", True), ("00:00", True)],
)
def test_quiet_hours_are_from_nine_to_eight_where_the_person_is(clock, is_quiet):
    zone = ZoneInfo("Asia/Kathmandu")
    at = datetime.fromisoformat(f"2027-01-04T{clock}").replace(tzinfo=zone).astimezone(UTC)

    assert contact_hours.is_in_quiet_hours(at, zone) is is_quiet


@pytest.mark.parametrize(
    ("at", "moved_to"),
    [
        ("2027-01-04 12:00", "2027-01-04 12:00"),
        ("2027-01-04 03:00", "2027-01-04 08:00"),
        ("2027-01-04 21:00", "2027-01-05 08:00"),
        ("2027-01-31 23:59", "2027-02-01 08:00"),
        ("2027-03-13 22:00", "2027-03-14 08:00"),
        ("2027-11-06 22:00", "2027-11-07 08:00"),
    ],
)
def test_after_quiet_hours_is_the_same_time_or_the_next_eight(at, moved_to):
    due_at = datetime.fromisoformat(at).replace(tzinfo=PACIFIC)

    waited = contact_hours.move_past_quiet_hours(due_at, PACIFIC)

    assert waited == datetime.fromisoformat(moved_to).replace(tzinfo=PACIFIC)


# Good times to call


@pytest.mark.parametrize(
    ("good_time", "at", "next_at"),
    [
        ("any", "10:00", "10:00"),
        ("morning", "10:00", "10:00"),
        ("morning", "12:00", "08:00 next"),
        ("morning", "06:30", "08:00"),
        ("afternoon", "10:00", "12:00"),
        ("afternoon", "16:59", "16:59"),
        ("evening", "20:00", "17:00 next"),
    ],
)
def test_next_good_time_is_now_or_the_next_start_of_that_part_of_the_day(good_time, at, next_at):
    clock, _space, is_next = next_at.partition(" ")
    expected = datetime.fromisoformat(f"2027-01-04T{clock}").replace(tzinfo=PACIFIC)
    now = datetime.fromisoformat(f"2027-01-04T{at}").replace(tzinfo=PACIFIC)

    found = contact_hours.find_next_good_time(good_time, now, PACIFIC)

    assert found == expected + (DAY if is_next else timedelta(0))


# What a page may show


@pytest.mark.parametrize(
    ("email", "masked"),
    [("jo.long@example.com", "j•••@example.com"), ("j@example.com", "j•••@example.com"), ("", "")],
)
def test_masked_email_shows_one_letter_and_the_domain(email, masked):
    assert suppressions.mask_email(email) == masked
