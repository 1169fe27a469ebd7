import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from itertools import product

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.mail import BadHeaderError

from admissions import formatting
from admissions.intake import manage_links
from admissions.messaging import catalog, disclosure, rendering
from admissions.messaging.models import Message
from admissions.scheduling.models import Mode
from programs.models import Facility
from tests.support.factories import (
    make_consultation,
    make_counselor,
    make_due,
    make_message,
    make_request,
    make_user,
    write_settings,
)

NOW = datetime(2027, 1, 4, 16, tzinfo=UTC)
AT = datetime(2027, 1, 5, 17, tzinfo=UTC)
Kind = Message.Kind
FOR_REQUESTERS = [kind for kind in Kind if kind not in Message.STAFF_KINDS]
LANGUAGES = [code for code, _name in settings.LANGUAGES]

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]


def promise(kind=Kind.CONFIRMATION, **columns):
    """A message of this kind that is due now, with the request's columns as given."""
    return make_due(kind, now=NOW, at=AT, **columns)


def arrive(message):
    """The letter as the person's mail program reads it."""
    sent = rendering.render_email(message).message().as_bytes()
    return message_from_bytes(sent, policy=policy.default)


def text(letter):
    return letter.get_body(["plain"]).get_content()


def html(letter):
    return letter.get_body(["html"]).get_content()


def all_that_shows(letter):
    """Every header and every decoded part, one after the other."""
    headers = [f"{name}: {value}" for name, value in letter.items()]
    parts = [part.get_content() for part in letter.walk() if not part.is_multipart()]
    return "\n".join(
        headers + [each.decode() if isinstance(each, bytes) else each for each in parts]
    )


def without_tokens(shown):
    """Random letters may spell anything."""
    return re.sub(r"/(manage|stop)/[\w-]+", r"/\1/", shown)


# Every letter


@pytest.mark.parametrize(
    ("kind", "language", "is_discreet"), list(product(FOR_REQUESTERS, LANGUAGES, [True, False]))
)
def test_letter_has_the_same_words_as_text_and_as_html(kind, language, is_discreet):
    message = promise(kind, language=language, is_discreet=is_discreet)

    letter = arrive(message)

    shown = re.sub(r"<style.*?</style>|<[^>]+>", " ", html(letter), flags=re.DOTALL)
    greeting = text(letter).split("\n")[0].split(".")[0]
    assert greeting in shown
    assert f'<html lang="{language}">' in html(letter)
    assert letter["To"] == "jo@example.com"
    assert letter["Subject"] != ""
    assert "{{" not in all_that_shows(letter)


@pytest.mark.parametrize(
    ("kind", "language", "mode"), list(product(FOR_REQUESTERS, LANGUAGES, Mode))
)
@pytest.mark.security(75)
def test_discreet_letter_tells_nothing(kind, language, mode):
    message = promise(kind, language=language, is_discreet=True, mode=mode)

    shown = without_tokens(all_that_shows(arrive(message)))

    assert disclosure.REVEALING_WORDS.findall(shown) == []
    assert Facility.objects.get().name not in shown
    assert "consultation" not in re.sub(r"https?://\S+", "", shown).lower()


def test_list_of_telling_words_finds_them_in_a_named_letter():
    message = promise(is_discreet=False)

    shown = without_tokens(all_that_shows(arrive(message)))

    assert set(disclosure.REVEALING_WORDS.findall(shown)) == {"Recover"}


def test_letter_is_signed_by_the_center_when_the_person_said_so():
    facility = Facility.objects.get()

    letter = arrive(promise(is_discreet=False))

    assert letter["From"] == f"{facility.name} <{settings.MAIL_FROM}>"


@pytest.mark.security(75)
def test_discreet_letter_comes_from_a_neutral_sender():
    letter = arrive(promise(is_discreet=True))

    assert letter["From"] == f"Appointments <{settings.MAIL_FROM}>"


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.security(68)
def test_letter_loads_nothing_from_anywhere(kind):
    message = promise(kind, mode=Mode.VIDEO)

    page = html(arrive(message))

    assert re.findall(r"<(?:img|script|link|iframe|object|form)\b|@import|url\(|\bsrc=", page) == []


@pytest.mark.parametrize("kind", FOR_REQUESTERS)
def test_letter_links_only_to_us_the_phone_and_the_video_room(kind):
    message = promise(kind, mode=Mode.VIDEO)

    page = html(arrive(message))

    known = (settings.SITE_URL + "/", "tel:+", "https://video.example.org/room")
    assert [
        link for link in re.findall(r'href="([^"]*)"', page) if not link.startswith(known)
    ] == []


@pytest.mark.parametrize(
    "kind", [each for each in FOR_REQUESTERS if catalog.CATALOG[each].layout.actions]
)
def test_letters_manage_link_opens_the_request(client, kind):
    message = promise(kind)

    page = html(arrive(message))

    links = re.findall(r'href="([^"]*/manage/[^"]*)"', page)
    tokens = {link.partition("?")[0].rstrip("/").rpartition("/")[2] for link in links}
    assert [manage_links.find_request_by_token(token) for token in tokens] == [message.request]
    assert {client.get(link.removeprefix(settings.SITE_URL)).status_code for link in links} == {302}


@pytest.mark.parametrize("kind", FOR_REQUESTERS)
def test_letters_stop_link_opens_a_page_and_changes_nothing(client, kind):
    message = promise(kind)

    (link,) = set(re.findall(r'href="([^"]*/stop/[^"]*)"', html(arrive(message))))
    page = client.get(link.removeprefix(settings.SITE_URL), follow=True)

    assert (page.status_code, page.templates[0].name) == (200, "admissions/unsubscribe.html")
    message.request.refresh_from_db()
    assert message.request.may_email is True


@pytest.mark.parametrize("kind", Kind)
def test_message_id_is_the_same_for_every_copy(kind):
    message = promise(kind)

    copies = [arrive(Message.objects.get(pk=message.pk))["Message-ID"] for _each in range(2)]

    domain = settings.MAIL_FROM.partition("@")[2]
    assert copies == [f"<{message.message_uuid}@{domain}>"] * 2


def test_letter_says_that_no_answer_is_awaited_from_robots():
    letter = arrive(promise())

    assert letter["Auto-Submitted"] == "auto-generated"


# When and where


def test_letter_tells_the_time_where_the_person_is_and_where_we_are():
    message = promise(time_zone="Asia/Kathmandu")

    lines = text(arrive(message)).split("\n")

    assert lines[4:6] == [
        "Tuesday, January 5, 10:45 pm (Kathmandu time)",
        "(our local time: Tuesday, January 5, 9:00 am (PST))",
    ]


def test_letter_tells_one_time_when_the_clocks_agree():
    message = promise(time_zone="America/Tijuana")

    lines = text(arrive(message)).split("\n")

    assert lines[4:6] == [
        "Tuesday, January 5, 9:00 am (PST)",
        "By phone: Dana will call you from (714) 555-0134. About 45 minutes. If you miss the call,"
        " call us back.",
    ]


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2027-11-07T08:30", "Sunday, November 7, 1:30 am (PDT)"),
        ("2027-11-07T09:30", "Sunday, November 7, 1:30 am (PST)"),
        ("2027-03-14T10:30", "Sunday, March 14, 3:30 am (PDT)"),
    ],
)
def test_clock_tells_which_of_two_equal_times_is_meant(at, words):
    instant = datetime.fromisoformat(at).replace(tzinfo=UTC)

    assert formatting.format_datetime_in_zone(instant, "America/Los_Angeles") == words


@pytest.mark.parametrize(
    ("mode", "shown"),
    [
        (Mode.VIDEO, "https://video.example.org/room"),
        (Mode.IN_PERSON, "3919 W Hazard Ave"),
    ],
)
def test_letter_says_where_to_come(mode, shown):
    letter = arrive(promise(mode=mode))

    assert shown in text(letter)
    assert shown in html(letter)


@pytest.mark.parametrize("kind", [Kind.REMINDER_DAY, Kind.REMINDER_HOURS])
def test_reminder_names_no_day_that_waiting_out_the_night_makes_false(kind):
    letter = arrive(promise(kind))

    assert re.findall(r"tomorrow|today", text(letter), re.IGNORECASE) == []


# What people type


@pytest.mark.parametrize(
    "name",
    [
        "http://evil.example",
        "www evil",
        "evil.example",
        "jo@evil.example",
        "C:\\evil",
        "Jo, see evil.example now",
        "evil．example",
        "evil․example",
        "evil。example",
        "evilꓸexample",
    ],
)
@pytest.mark.security(55)
def test_name_that_reads_as_an_address_is_not_repeated(name):
    letter = arrive(promise(preferred_name=name))

    assert text(letter).startswith("Hello.\n\nYour appointment is booked.")
    assert name not in all_that_shows(letter)


@pytest.mark.parametrize(
    "name", ["O’Brien", "Ng", "李", "Null", "Mary-Jane", "J. R.", "Zoë", "Gal·la"]
)
def test_name_of_a_person_is_greeted(name):
    letter = arrive(promise(preferred_name=name))

    assert text(letter).startswith(f"Hello {name}.\n\nYour appointment is booked.")


@pytest.mark.security(53)
def test_name_with_an_apostrophe_is_shown_as_typed():
    letter = arrive(promise(preferred_name="D'Arcy"))

    assert "Hello D'Arcy." in html(letter)
    assert text(letter).startswith("Hello D'Arcy.")


@pytest.mark.parametrize(
    "name", ["<b>Jo & co", "Jo!", "Call 555 0100", "$$$", "Jo\u202e", "☎ me", "  "]
)
@pytest.mark.security(55)
def test_what_is_no_name_is_not_greeted(name):
    letter = arrive(promise(preferred_name=name))

    assert text(letter).startswith("Hello.\n\nYour appointment is booked.")


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("Your account is closed pay now", "Your"),
        ("Maria del Carmen Lopez", "Maria"),
        ("Ana Lucia", "Ana Lucia"),
        ("Wolfeschlegelsteinhausenbergerdorff", "Wolfeschlegelsteinhausenberger"),
        ("Zoe\u0308", "Zoe\u0308"),
    ],
)
def test_name_of_many_words_is_greeted_by_its_first(name, called):
    letter = arrive(promise(preferred_name=name))

    assert text(letter).startswith(f"Hello {called}.\n")


@pytest.mark.security(48)
def test_name_with_a_new_line_adds_no_header():
    plain = arrive(promise())

    letter = arrive(promise(preferred_name="Jo\r\nBcc: eve\r\n\r\n.\r\n"))

    assert letter.keys() == plain.keys()
    assert (letter["To"], letter["Subject"]) == (plain["To"], plain["Subject"])


@pytest.mark.security(48)
def test_sender_name_with_a_new_line_is_refused():
    write_settings(discreet_sender_name="Appointments\nBcc: eve@evil.example")

    with pytest.raises(BadHeaderError):
        rendering.render_email(promise(is_discreet=True)).message()


# To staff


def test_staff_notice_carries_the_reference_and_a_link_only():
    message = promise(
        Kind.STAFF_NEW_REQUEST,
        preferred_name="Zqx Canary",
        email="zqx@example.com",
        phone="+17145550177",
        note="Zqx note",
        access_need="Zqx need",
    )

    letter = arrive(message)

    request = message.request
    link = f"{settings.SITE_URL}/admin/admissions/consultationrequest/{request.pk}/change/"
    assert text(letter) == (
        f"New request {request.reference}\n\nIt waits for an answer.\n\nOpen the desk:\n{link}\n"
    )
    assert re.findall("zqx|555.?0177", all_that_shows(letter), re.IGNORECASE) == []
    assert letter["Subject"] == f"New request {request.reference}"


def test_staff_notice_says_first_that_someone_may_be_in_danger():
    letter = arrive(promise(Kind.STAFF_NEW_REQUEST, is_in_danger=True))

    assert text(letter).split("\n")[0] == (
        "Safety: someone may be in danger. Please open this first."
    )


def test_staff_notice_is_in_english_whatever_the_person_reads():
    letter = arrive(promise(Kind.STAFF_NEW_REQUEST, language="es"))

    assert '<html lang="en">' in html(letter)


def test_staff_notice_goes_to_the_inbox_and_the_counselor():
    counselor = make_counselor()
    consultation = make_consultation(starts_at=AT, counselor=counselor)
    message = make_message(Kind.STAFF_NEW_REQUEST, request=consultation.request, due_at=NOW)

    write_settings(staff_email="desk@example.org")
    to = rendering.render_email(message).to

    assert to == sorted(["desk@example.org", counselor.user.email])


def test_staff_notice_of_a_promised_call_goes_to_active_coordinators_too():
    on_desk, gone = make_user("coordinator"), make_user("coordinator", is_active=False)
    request = make_request(promised_call_by=NOW + timedelta(minutes=5))
    message = make_message(Kind.STAFF_NEW_REQUEST, request=request, due_at=NOW)

    write_settings(staff_email="desk@example.org")
    to = rendering.render_email(message).to

    assert to == sorted(["desk@example.org", on_desk.email])
    assert gone in Group.objects.get(name="coordinator").user_set.all()


# An earlier time


def test_offer_says_both_times_and_by_when_to_answer():
    said = " ".join(text(arrive(promise(Kind.EARLIER_OFFER))).split())

    assert (
        "You asked for an earlier time. This one just opened up: Tuesday, January 5, 1:00 am"
        in (said)
    )
    assert "Please answer by Monday, January 4, 10:00 am (PST)." in said
    assert "you keep your appointment on Tuesday, January 5, 9:00 am (PST)." in said
    assert "Take it, or keep your current time: http" in said


def test_offer_says_times_by_the_persons_clock_and_ours():
    said = text(arrive(promise(Kind.EARLIER_OFFER, time_zone="Asia/Kathmandu")))

    assert (
        "Tuesday, January 5, 2:45 pm (Kathmandu time)\n(our local time: Tuesday, January 5, 1:00 am"
        in said
    )
    assert "by Monday, January 4, 11:45 pm (Kathmandu time)" in said


@pytest.mark.parametrize(("is_discreet", "named"), [(True, False), (False, True)])
@pytest.mark.parametrize("kind", [Kind.EARLIER_OFFER, Kind.EARLIER_OFFER_TAKEN])
def test_offer_names_the_center_only_when_the_person_said_so(kind, is_discreet, named):
    letter = arrive(promise(kind, is_discreet=is_discreet))

    assert (Facility.objects.get().name in all_that_shows(letter)) is named


@pytest.mark.parametrize("kind", [Kind.EARLIER_OFFER, Kind.EARLIER_OFFER_TAKEN])
def test_offer_names_no_counselor_who_may_turn_out_to_be_another(kind):
    letter = arrive(promise(kind))

    assert ("Dana" in text(letter)) is (kind == Kind.EARLIER_OFFER_TAKEN)


def test_word_that_a_time_went_says_what_stands():
    said = " ".join(text(arrive(promise(Kind.EARLIER_OFFER_TAKEN))).split())

    assert "someone else just took the earlier time, Tuesday, January 5, 1:00 am (PST)." in said
    assert "Your appointment below has not changed." in said
