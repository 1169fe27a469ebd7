"""The public forms: what they accept, what they refuse and in which words."""

import re
from datetime import timedelta

import pytest
import time_machine

from admissions.form_fields import to_plain_line
from admissions.public.callback_form import CallbackForm
from admissions.public.forms import CancelForm, DetailsForm
from admissions.scheduling.models import Mode
from programs.models import Program
from tests.support.drawn_form import draw
from tests.support.visitor import CALLBACK, DETAILS, MONDAY

pytestmark = pytest.mark.django_db


def details_form(*, mode=Mode.PHONE, without=(), **typed):
    data = DETAILS | typed
    return DetailsForm({name: data[name] for name in data if name not in without}, mode=mode)


def errors(form):
    return {name: list(messages) for name, messages in form.errors.items()}


def test_details_form_keeps_a_plain_answer():
    form = details_form()

    assert errors(form) == {}
    assert form.request_fields() == {
        "is_in_danger": False,
        "for_whom": "self",
        "is_adult": True,
        "guide_answers": "",
        "preferred_name": "Jo",
        "phone": "+17145550155",
        "email": "",
        "may_call": True,
        "may_text": False,
        "may_email": False,
        "voicemail": "no",
        "is_discreet": False,
        "good_time": "any",
        "program_interest": None,
        "interpreter": "",
        "access_need": "",
        "payment": "",
        "note": "",
        "time_zone": "America/Los_Angeles",
        "language": "en",
    }


def test_details_form_keeps_every_consent_that_was_shown():
    form = details_form(email="jo@example.com")

    assert form.is_valid()
    assert form.consent_answers() == {"contact": True, "email": True, "text": False, "news": False}


def test_email_left_empty_is_no_consent_to_email():
    form = details_form()

    assert form.is_valid()
    assert form.request_fields()["may_email"] is False
    assert form.consent_answers()["email"] is False


@pytest.mark.parametrize("mode", Mode.values)
def test_what_typing_an_email_means_stands_at_the_field_in_its_own_words(mode):
    form = DetailsForm(mode=mode)

    words = form.consent_versions["email"].text
    assert f"Typing it means: “{words}”" in draw(form)


def test_details_form_starts_discreet():
    assert DetailsForm(mode=Mode.PHONE)["is_discreet"].value()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("is_in_danger", "Tell us if anyone is in danger right now."),
        ("for_whom", "Tell us who this is for."),
        ("is_adult", "Tell us if the person is 18 or older."),
        ("preferred_name", "Enter a name we can use. A nickname is fine."),
        ("agrees_to_contact", "We need your permission to answer you."),
    ],
)
def test_details_form_says_what_is_missing(name, words):
    form = details_form(without=[name])

    assert errors(form) == {name: [words]}


def test_details_form_without_phone_or_email_asks_for_one():
    form = details_form(mode=Mode.VIDEO, without=["phone"])

    assert errors(form) == {
        "phone": ["Enter a phone number or an email, so that we can reach you."]
    }


def test_details_form_for_a_phone_talk_needs_a_phone():
    form = details_form(without=["phone"], email="jo@example.com")

    assert errors(form) == {"phone": ["Enter a phone number. You chose to talk by phone."]}


@pytest.mark.parametrize("mode", [Mode.VIDEO, Mode.IN_PERSON])
def test_details_form_for_another_talk_needs_only_an_email(mode):
    form = details_form(mode=mode, without=["phone"], email="jo@example.com")

    assert errors(form) == {}


def test_details_form_with_a_bad_phone_blames_the_phone_alone():
    form = details_form(phone="12")

    assert errors(form) == {
        "phone": [
            "Enter one phone number with area code, like 714 555 0100. From another country, begin"
            " with + and the country code."
        ],
    }


def test_text_consent_without_a_phone_is_refused():
    form = details_form(
        mode=Mode.VIDEO,
        without=["phone"],
        email="jo@example.com",
        may_text="on",
    )

    assert errors(form) == {"may_text": ["Enter a phone number above, or clear this box."]}


def test_phone_talk_permits_the_call_it_is():
    form = details_form()

    assert form.is_valid()
    assert form.request_fields()["may_call"] is True


def test_video_talk_permits_no_call_unless_ticked():
    form = details_form(mode=Mode.VIDEO)

    assert form.is_valid()
    assert form.request_fields()["may_call"] is False


def test_person_under_18_is_answered_with_a_way_to_help():
    form = details_form(is_adult="no")

    assert errors(form) == {
        "is_adult": ["Our programs are for adults. Please call us: we will help you find care."]
    }


def test_program_that_is_not_published_cannot_be_chosen():
    program = Program.objects.published().first()
    Program.objects.filter(pk=program.pk).update(is_published=False)

    form = details_form(program_interest=program.pk)

    assert list(errors(form)) == ["program_interest"]


@pytest.mark.security(99)
def test_trap_field_stops_a_robot_and_tells_a_person_why():
    form = details_form(website="https://example.com")

    assert list(errors(form)) == ["__all__"]
    assert "filled in a hidden field" in errors(form)["__all__"][0]


@pytest.mark.parametrize(("form", "data"), [(DetailsForm, DETAILS), (CallbackForm, CALLBACK)])
@pytest.mark.security(99)
def test_trap_stands_in_a_new_form_out_of_every_reach_and_in_none_that_comes_back(form, data):
    extra = {"mode": Mode.PHONE} if form is DetailsForm else {}

    new, sent = draw(form(**extra)), draw(form(data | {"website": "x"}, **extra))

    (trap,) = re.findall(r'<div class="trap" aria-hidden="true">.*?</div>\s*</div>', new, re.DOTALL)
    assert 'name="website"' in trap
    assert 'tabindex="-1"' in trap
    assert 'autocomplete="off"' in trap
    assert "website" not in sent


@pytest.mark.parametrize(
    ("address", "meant"),
    [
        ("jo@gmial.com", "jo@gmail.com"),
        ("jo@gmail.con", "jo@gmail.com"),
        ("jo@gmail.co", "jo@gmail.com"),
        ("jo@HOTMAIL.COMM", "jo@hotmail.com"),
        ("jo@yaho.com", "jo@yahoo.com"),
        ("jo@gmail.com", ""),
        ("jo@ymail.com", ""),
        ("jo@mail.com", ""),
        ("jo@yahoo.ca", ""),
        ("jo@hotmail.es", ""),
        ("jo@example.org", ""),
    ],
)
def test_slip_in_a_common_address_is_asked_about(address, meant):
    form = details_form(email=address)

    form.is_valid()

    assert form.suggested_email == meant
    assert list(errors(form)) == ["email"] * bool(meant)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Asia/Kathmandu", "Asia/Kathmandu"),
        ("", "America/Los_Angeles"),
        ("Mars/Olympus", "America/Los_Angeles"),
        ("../../etc/passwd", "America/Los_Angeles"),
        ("localtime", "America/Los_Angeles"),
        ("Factory", "America/Los_Angeles"),
        ("x" * 5000, "America/Los_Angeles"),
        ("UTC\x00", "America/Los_Angeles"),
    ],
)
@pytest.mark.security(89)
def test_time_zone_is_one_that_has_a_clock_or_the_centers_own(sent, kept):
    form = details_form(time_zone=sent)

    assert errors(form) == {}
    assert form.request_fields()["time_zone"] == kept


@pytest.mark.parametrize(
    "name",
    [
        "O’Brien",
        "Ng",
        "李",
        "Null",
        "Ana María",
        "Søren",
        "محمد",
        "Jo 🌱",
        "N'Diaye",
        "نیم\u200cروز",
    ],
)
@pytest.mark.security(87)
def test_real_names_are_kept_as_typed(name):
    form = details_form(preferred_name=name)

    assert errors(form) == {}
    assert form.request_fields()["preferred_name"] == name


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Jo\u202egnp.exe", "Jognp.exe"),
        ("Jo\u200b\u00ad\ufeff", "Jo"),
        ("  Jo \t\r\n Ann ", "Jo Ann"),
        ("Jo\x1b[31m", "Jo[31m"),
        ("Jo\u2028Ann", "Jo Ann"),
        ("Cafe\u0301", "Café"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("Jo\u200d", "Jo"),
        ("Jo\uffff\ufdd0\U0010fffe", "Jo"),
        ("Jo\u3164", "Jo"),
    ],
)
@pytest.mark.security(85)
def test_plain_drops_what_cannot_be_seen(typed, kept):
    assert to_plain_line(typed) == kept


@pytest.mark.parametrize("name", [" ", "\u200b", "\u200d", "\u202e\u202c", "\u00ad", "\r\n"])
def test_name_that_nobody_can_see_is_missing(name):
    form = details_form(preferred_name=name)

    assert errors(form) == {"preferred_name": ["Enter a name we can use. A nickname is fine."]}


@pytest.mark.parametrize(
    "address",
    ["jo@example.com", "jo.o'brien+talk@mail.example.org", "JO@EXAMPLE.COM", "j_o-1@a-b.example"],
)
def test_real_addresses_are_accepted(address):
    form = details_form(email=address)

    assert errors(form) == {}
    assert form.request_fields()["email"] == address


@pytest.mark.parametrize("unseen", ["\u200b", "\ufeff", "\u00ad", "\u200d", "\u2060", "\u00a0"])
def test_what_nobody_sees_around_an_address_is_left_out(unseen):
    form = details_form(email=f"{unseen}jo@example.org {unseen}")

    assert errors(form) == {}
    assert form.request_fields()["email"] == "jo@example.org"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("jo@exam\u200bple.org", "hidden character"),
        ("jo@bücher.example", "an address with “ü”"),
        ("jо@example.com", "an address with “о”"),
        ("jo@example。org", "an address with “。”"),
        ("a" * 65 + "@example.org", "at most 64 letters"),
    ],
)
def test_refusal_of_an_address_says_what_is_wrong_with_it(address, words):
    form = details_form(email=address)

    assert words in errors(form)["email"][0]


def test_name_of_64_letters_before_the_at_is_taken():
    assert errors(details_form(email="a" * 64 + "@example.org")) == {}


@pytest.mark.parametrize(
    "address",
    [
        "jo",
        "jo@",
        "@example.com",
        "jo@example",
        "jo@localhost",
        "jo@[127.0.0.1]",
        "jo@example.com, eve@example.com",
        "jo@example.com\neve@example.com",
        "jo@example.com\r\nBcc: eve@example.com",
        '"jo@example.com,eve"@example.com',
        '"jo\x08"@example.com',
        '"j o"@example.com',
        "jo@exam\u202eple.com",
        "jo@exam\u200bple.com",
        "jo@exam\u00adple.com",
        "jо@example.com",
        "jo@ехample.com",
        "jo@example.com\x00",
        "Jo <jo@example.com>",
        "j" * 300 + "@example.com",
    ],
)
@pytest.mark.security(49, 86)
def test_address_that_is_none_or_deceives_is_refused(address):
    form = details_form(email=address)

    assert list(errors(form)) == ["email"]
    assert form["email"].value() == address


@pytest.mark.parametrize(
    "number",
    ["714 555 0155", "(714) 555-0155", "+1 714-555-0155", "7145550155", "1.714.555.0155"],
)
def test_phone_is_understood_however_it_is_written(number):
    form = details_form(phone=number)

    assert errors(form) == {}
    assert form.request_fields()["phone"] == "+17145550155"


@pytest.mark.parametrize(
    "number",
    ["911", "555 0155", "714 555 015", "abc", "+999 555 0155", "7" * 5000, "714 555\x000155"],
)
def test_number_that_nobody_can_call_is_refused(number):
    form = details_form(phone=number)

    assert list(errors(form)) == ["phone"]
    assert form["phone"].value() == number


@pytest.mark.parametrize(
    "number",
    [
        "714-555-0155 ext. 23",
        "(714) 555-0155 x23",
        "714 555 0155 #23",
        "714-555-0155,,23",
        "+1 714 555 0155 extensión 23",
        "tel:+1-714-555-0155;ext=23",
    ],
)
def test_extension_is_kept_however_it_is_written(number):
    form = details_form(phone=number)

    assert errors(form) == {}
    assert form.request_fields()["phone"].as_rfc3966 == "tel:+1-714-555-0155;ext=23"


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        ("+52 55 5555 0155", "+525555550155"),
        ("0044 20 7946 0958", "+442079460958"),
        ("００４４ ２０ 7946 0958", "+442079460958"),
        ("011 44 20 7946 0958", "+442079460958"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("001 714 555 0155", "+17145550155"),
        ("714 555 HELP", "+17145554357"),
    ],
)
def test_number_from_abroad_is_understood_as_people_dial_it(number, kept):
    form = details_form(phone=number)

    assert errors(form) == {}
    assert form.request_fields()["phone"].as_e164 == kept


@pytest.mark.parametrize(
    "number",
    ["714-555-0155/x7145550199", "714-555-0155;isub=12", "714-555-0155 ext", "52 55 5555 0155"],
)
def test_number_that_would_be_kept_in_part_is_refused_with_a_word_of_country_codes(number):
    form = details_form(phone=number)

    assert "the country code" in errors(form)["phone"][0]


def test_error_links_lead_to_the_fields_in_their_order():
    form = details_form(without=["is_in_danger", "preferred_name"])

    assert form.error_links == [
        ("id_is_in_danger_0", "Tell us if anyone is in danger right now."),
        ("id_preferred_name", "Enter a name we can use. A nickname is fine."),
    ]


@pytest.mark.parametrize(
    ("typed", "are_open"),
    [
        ({}, [False, False]),
        ({"note": "I use a wheelchair"}, [False, True]),
        ({"wants_news": "on"}, [False, True]),
        ({"voicemail": "say_center"}, [True, False]),
        ({"may_text": "on"}, [True, False]),
        ({"is_discreet": ""}, [True, False]),
        ({"good_time": "evening"}, [True, False]),
        ({"good_time": "never"}, [True, False]),
    ],
)
def test_folded_part_opens_once_it_holds_something_else_or_wrong(typed, are_open):
    html = draw(details_form(**{"is_discreet": "on", "good_time": "any"} | typed))

    found = re.findall(r"<details class=\"more\"\s*(open)?>", html)
    assert [each == "open" for each in found] == are_open


def test_folded_part_opens_where_something_is_wrong_with_what_it_began_with():
    form = details_form(is_discreet="on", good_time="any")
    form.add_error("note", "Please shorten this.")

    assert re.findall(r"<details class=\"more\"\s*(open)?>", draw(form)) == ["", "open"]


@pytest.mark.parametrize(("mode", "asks"), [("phone", False), ("video", True), ("in_person", True)])
def test_call_is_a_permission_only_where_the_talk_is_no_call(mode, asks):
    assert ("may_call" in DetailsForm(mode=mode).fields) is asks


def optional_labels(form):
    return [name for name, each in form.fields.items() if "(optional)" in str(each.label)]


@pytest.mark.parametrize(("mode", "more"), [("phone", ["email"]), ("video", []), ("in_person", [])])
def test_optional_fields_say_so(mode, more):
    rest = ["program_interest", "interpreter", "access_need", "payment", "note"]

    assert optional_labels(DetailsForm(mode=mode)) == more + rest


def test_callback_form_keeps_a_plain_answer():
    form = CallbackForm(CALLBACK)

    assert errors(form) == {}
    assert form.request_fields() == {
        "guide_answers": "",
        "preferred_name": "Jo",
        "phone": "+17145550155",
        "voicemail": "no",
        "for_whom": "self",
        "together_until": None,
        "good_time": "any",
        "time_zone": "America/Los_Angeles",
        "language": "en",
    }
    assert form.consent_answers() == {"contact": True}


@pytest.mark.parametrize(
    ("whom", "minutes", "kept"),
    [
        ("professional", "60", timedelta(hours=1)),
        ("professional", "", None),
        ("loved_one", "60", None),
        ("self", "60", None),
    ],
)
def test_call_while_the_person_is_there_is_a_professionals_to_ask_for(whom, minutes, kept):
    with time_machine.travel(MONDAY, tick=False):
        form = CallbackForm(CALLBACK | {"for_whom": whom, "minutes_together": minutes})

        assert errors(form) == {}
        assert form.request_fields()["together_until"] == (kept and MONDAY + kept)


def test_callback_form_says_what_is_missing():
    form = CallbackForm({"voicemail": "no"})

    assert errors(form) == {
        "preferred_name": ["Enter a name we can use. A nickname is fine."],
        "phone": ["Enter a number we can call."],
        "agrees_to_contact": ["We need your permission to call you."],
    }


def test_cancel_form_needs_no_reason():
    assert CancelForm({"reason": ""}).is_valid()
