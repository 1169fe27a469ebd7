"""The director's pages: when emails go, what they say, and how that looks to a person."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from admissions.audit.models import AuditEvent
from admissions.intake.models import ManageToken
from admissions.messaging import rules, templates
from admissions.messaging.kinds import MessageText
from admissions.messaging.models import Message, MessageRule, MessageTemplate
from tests.support import factories

pytestmark = pytest.mark.django_db

DESK = "/admin/admissions/messagerule/"
MOVED = f"{DESK}moved/en/"
MINE = {"subject": "About your time", "heading": "Good to have you", "text": "See you {when}."}


@pytest.fixture
def director(client):
    user = factories.make_user("director", first_name="Lee")
    client.force_login(user)
    return user


def shown(response):
    text = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", response.content.decode(), flags=re.S)
    return " ".join(unescape(text).split())


def rule_form(client, kind, **changes):
    """What a browser would send: the form as it was drawn, but for the changes."""
    form = client.get(f"{DESK}{kind}/").context["form"]
    sent = {"seen": form["seen"].value(), "is_on": "on" if form["is_on"].value() else ""}
    for name in ("delay", "minimum_lead"):
        if name in form.fields:
            number, unit = form.fields[name].widget.decompress(form[name].value())
            sent |= {f"{name}_number": number, f"{name}_unit": unit}
    return {name: value for name, value in (sent | changes).items() if value != ""}


def words_form(client, address=MOVED, **changes):
    return MINE | {"seen": client.get(address).context["form"]["seen"].value()} | changes


def rule_of(kind):
    return MessageRule.objects.get(kind=kind)


def keep(by, text="Kept.", kind="moved", language="en"):
    newest = templates.find_latest_template(kind, language)
    words = MessageText("One", "Two", text)
    seen = newest.version if newest else 0
    templates.save_template(kind=kind, language=language, words=words, seen=seen, by=by)


# The list


def test_list_tells_of_every_kind_when_it_goes_and_whose_words_it_has(client, director):
    keep(director)
    MessageRule.objects.filter(kind="after_no_show").update(is_on=False)

    said = shown(client.get(DESK))

    assert "24 hours before, if booked more than 36 hours ahead." in said
    assert "After a no-show Off 1 hour after we mark a no-show." in said
    assert re.search(r"English: version 1 by Lee, \w+, \w+ \d+, [\d:]+ [ap]m, Spanish: our", said)
    assert [label for label in map(str, Message.Kind.labels) if label not in said] == []


def test_list_asks_as_often_with_thirty_versions(client, director):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(DESK).status_code == 200
        return len(asked)

    keep(director)
    with_one = queries()
    for number in range(15):
        keep(director, f"Text {number}.")
        keep(factories.make_user("director"), f"Text {number}.", kind="freed", language="es")

    assert queries() == with_one


# Rules


def test_director_changes_a_delay_in_other_units(client, director):
    sent = rule_form(client, "no_show_3", delay_number=2, delay_unit="days")

    answer = client.post(f"{DESK}no_show_3/", sent, follow=True)

    assert rule_of("no_show_3").delay.days == 2
    assert "It counts for what is promised from now on." in shown(answer)
    assert AuditEvent.objects.without_views().get().fields == ["delay"]


def test_director_switches_a_kind_off(client, director):
    client.post(f"{DESK}reminder_day/", rule_form(client, "reminder_day", is_on=""))

    assert rule_of("reminder_day").is_on is False


@pytest.mark.parametrize(
    ("kind", "changes", "reason"),
    [
        ("no_show_2", {"delay_number": "x"}, "Enter a whole number."),
        ("no_show_2", {"delay_number": ""}, "Enter a number."),
        ("no_show_2", {"delay_number": "0"}, "Enter 1 or more."),
        ("no_show_2", {"delay_number": "-3"}, "Enter 1 or more."),
        ("no_show_2", {"delay_number": "9" * 30}, "Enter a smaller number."),
        ("no_show_2", {"delay_number": "8", "delay_unit": "days"}, "Choose less than 7 days"),
        ("no_show_2", {"delay_unit": "weeks"}, "Select a valid choice."),
        ("after_completed", {"delay_unit": "hours"}, "Select a valid choice."),
        ("reminder_day", {"minimum_lead_number": "5"}, "Choose no less than"),
    ],
)
def test_wrong_delay_is_told_and_what_was_typed_stays(client, director, kind, changes, reason):
    before = vars(rule_of(kind)) | {"_state": None}
    sent = rule_form(client, kind, **changes)

    answer = client.post(f"{DESK}{kind}/", sent)

    assert reason in shown(answer)
    typed = changes.get("delay_number")
    assert not typed or f'value="{typed}"' in answer.content.decode()
    assert vars(rule_of(kind)) | {"_state": None} == before
    assert AuditEvent.objects.without_views().count() == 0


def test_second_director_is_told_what_stands_and_may_save_again(client, director):
    sent = rule_form(client, "callback_kept", delay_number=3)
    rule = rule_of("callback_kept")
    values = rules.RuleValues(is_on=True, delay=rules.HOUR * 2, minimum_lead=None)
    rules.change_rule(kind=rule.kind, values=values, seen=rules.fingerprint_rule(rule), by=director)

    told = client.post(f"{DESK}callback_kept/", sent)
    stood = rule_of("callback_kept").delay
    form = told.context["form"]
    client.post(f"{DESK}callback_kept/", sent | {"seen": form["seen"].value()})

    assert "Someone else has just changed this. It now says: 2 hours after" in shown(told)
    assert 'value="3"' in told.content.decode()
    assert (stood, rule_of("callback_kept").delay) == (rules.HOUR * 2, rules.HOUR * 3)


def test_kind_that_answers_what_just_happened_can_not_be_switched_off(client, director):
    page = client.get(f"{DESK}confirmation/")
    answer = client.post(f"{DESK}confirmation/", {"is_on": "", "seen": ""})

    assert "it cannot be switched off or put off" in shown(page)
    assert answer.status_code == 403


def test_thanks_say_that_they_go_at_ten_on_a_business_day(client, director):
    said = shown(client.get(f"{DESK}after_completed/"))

    assert "Whole days are counted. It goes at 10 am" in said


# Words


def test_form_begins_with_the_words_in_use(client, director):
    first = client.get(MOVED).context["form"]["subject"].value()
    keep(director)

    assert (first, client.get(MOVED).context["form"]["subject"].value()) == (
        "Your appointment has a new time",
        "One",
    )


def test_page_lists_the_placeholders_of_this_kind_with_examples(client, director):
    moved, thanks = (
        client.get(f"{DESK}{kind}/en/").context["placeholders"]
        for kind in ("moved", "after_completed")
    )

    assert (list(moved), list(thanks)) == (["when", "counselor", "line"], ["line"])
    assert moved["counselor"] == "Robin"


def test_preview_shows_the_letter_to_both_and_keeps_nothing(client, director):
    answer = client.post(MOVED, words_form(client, preview="yes"))

    letters = answer.context["letters"]
    frames = [client.get(each["frame"]).content.decode() for each in letters]
    assert [each["subject"] for each in letters] == ["About your time"] * 2
    assert [each["sender"] for each in letters] == ["Appointments", "Experience Recovery"]
    assert ["Good to have you</h1>" in frame for frame in frames] == [True, True]
    assert ["Experience Recovery" in frame for frame in frames] == [False, True]
    assert "Preview: not saved yet" in shown(answer)
    rows = [
        MessageTemplate.objects,
        Message.objects,
        ManageToken.objects,
        AuditEvent.objects.without_views(),
    ]
    assert [each.count() for each in rows] == [0] * 4


def test_preview_stands_in_a_frame_of_ours_alone_and_loads_nothing(client, director):
    page = client.get(MOVED)
    frame = client.get(page.context["letters"][0]["frame"])

    policy = frame["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; ")
    assert policy.endswith("form-action 'none'; frame-ancestors 'self'; sandbox")
    assert frame["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert settings.SITE_URL + "/#link-of-the-person" in frame.content.decode()


def test_preview_is_in_the_language_of_its_words(client, director):
    page = client.get(f"{DESK}moved/es/")

    frame = client.get(page.context["letters"][0]["frame"]).content.decode()
    assert '<html lang="es">' in frame


def test_preview_of_another_session_is_not_found(client, director):
    frame = client.post(MOVED, words_form(client, preview="yes")).context["letters"][0]["frame"]
    client.force_login(factories.make_user("director"))

    assert client.get(frame).status_code == 404


def test_director_saves_words_and_sees_them_as_a_version(client, director):
    answer = client.post(MOVED, words_form(client), follow=True)

    (kept,) = MessageTemplate.objects.all()
    assert (kept.version, kept.subject, kept.made_by) == (1, "About your time", director)
    assert "Every email of this kind that goes from now on says this." in shown(answer)
    assert "English: version 1 by Lee" in shown(answer)
    assert (
        "<del>Your appointment has a new</del><ins>About your</ins> time" in answer.content.decode()
    )


@pytest.mark.parametrize("button", [{"preview": "yes"}, {}])
def test_refused_words_are_told_at_their_field_and_stay_typed(client, director, button):
    text = "Your IOP talk {where} <b>"

    answer = client.post(MOVED, words_form(client, text=text, **button))

    said = shown(answer)
    assert answer.context["form"]["text"].value() == text
    assert "Leave out “IOP”" in said
    assert "cannot fill in {where}" in said
    assert "Leave out links" in said
    assert "Nothing is saved yet. Look at the words in red." in said
    assert "<b>" not in answer.content.decode().partition("Your IOP talk")[2][:20]
    assert (MessageTemplate.objects.count(), AuditEvent.objects.without_views().count()) == (0, 0)


def test_second_director_is_told_of_new_words_and_may_save_again(client, director):
    sent = words_form(client)
    keep(factories.make_user("director", first_name="Max"))

    told = client.post(MOVED, sent)
    client.post(MOVED, sent | {"seen": told.context["form"]["seen"].value()})

    assert "Max has just saved version 1" in shown(told)
    assert told.context["form"]["text"].value() == "See you {when}."
    assert list(MessageTemplate.objects.order_by("version").values_list("version", "subject")) == [
        (1, "One"),
        (2, "About your time"),
    ]


def test_ours_and_an_earlier_version_come_back_as_new_versions(client, director):
    keep(director, "First.")
    client.post(f"{MOVED}again/", {"seen": 1, "version": 0})
    client.post(f"{MOVED}again/", {"seen": 2, "version": 1})

    rows = MessageTemplate.objects.order_by("version").values_list("version", "is_built_in", "text")
    assert list(rows) == [(1, False, "First."), (2, True, ""), (3, False, "First.")]


def test_going_back_on_an_old_page_changes_nothing(client, director):
    keep(director, "First.")
    keep(director, "Second.")

    answer = client.post(f"{MOVED}again/", {"seen": 1, "version": 0}, follow=True)

    assert "has just saved version 2" in shown(answer)
    assert MessageTemplate.objects.count() == 2


@pytest.mark.parametrize("sent", [{}, {"seen": "x", "version": "0"}, {"seen": 0, "version": 9}])
def test_going_back_to_what_never_was_is_not_found(client, director, sent):
    assert client.post(f"{MOVED}again/", sent).status_code == 404


def test_going_back_is_a_post(client, director):
    assert client.get(f"{MOVED}again/").status_code == 405


@pytest.mark.parametrize(
    "address",
    ["staff_digest/en/", "moved/de/", "nothing/en/", "nothing/", "moved/en/letter/now/loud/"],
)
def test_there_are_no_words_for_staff_and_for_what_is_unknown(client, director, address):
    assert client.get(DESK + address).status_code == 404


# Who may


@pytest.mark.parametrize(("role", "status"), [("coordinator", 403), ("counselor", 403)])
def test_only_a_director_changes_anything(client, director, role, status):
    keep(director)
    rule, words = rule_form(client, "no_show_2", delay_number=30), words_form(client)
    client.force_login(factories.make_user(role))

    answers = [
        client.post(f"{DESK}no_show_2/", rule),
        client.post(MOVED, words),
        client.post(MOVED, words | {"preview": "yes"}),
        client.post(f"{MOVED}again/", {"seen": 1, "version": 0}),
    ]

    assert [each.status_code for each in answers] == [status] * 4
    assert (MessageTemplate.objects.count(), AuditEvent.objects.without_views().count()) == (1, 1)
    assert rule_of("no_show_2").delay == rules.DAY


def test_coordinator_reads_and_is_offered_no_change(client, director):
    keep(director)
    client.force_login(factories.make_user("coordinator"))

    pages = [client.get(address).content.decode() for address in (f"{DESK}no_show_2/", MOVED)]

    assert [
        re.findall(r'<form method="post"(?! action="/admin/logout)', each) for each in pages
    ] == [
        [],
        [],
    ]


def test_danger_has_a_time_and_no_switch(client):
    client.force_login(factories.make_user("director"))
    page = "/admin/admissions/messagerule/staff_danger/"
    form = client.get(page).context["form"]

    client.post(page, {"seen": form["seen"].value(), "delay_number": 5, "delay_unit": "minutes"})

    rule = MessageRule.objects.get(kind="staff_danger")
    assert (list(form.fields), rule.is_on) == (["seen", "delay"], True)
    assert rule.delay == timedelta(minutes=5)
