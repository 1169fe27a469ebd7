"""The director's own words: what may be kept, and what everybody may see afterwards."""

import re
from collections import Counter
from datetime import UTC, datetime
from email import message_from_bytes, policy
from html import unescape
from itertools import product

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from admissions import exceptions
from admissions.audit.models import AuditEvent
from admissions.intake.models import ConsultationRequest, ManageToken
from admissions.messaging import catalog, disclosure, placeholders, previews, rendering, templates
from admissions.messaging.kinds import MessageText
from admissions.messaging.models import Message, MessageTemplate
from admissions.messaging.templates import InvalidTemplate
from programs.models import Facility
from tests.support.factories import make_due, make_user
from tests.support.rivals import at_once

NOW = datetime(2027, 1, 4, 20, tzinfo=UTC)
Kind = Message.Kind
KINDS = templates.list_editable_kinds()
LANGUAGES = [code for code, _name in settings.LANGUAGES]
MINE = MessageText(
    "About your time", "Good to have you", "See you {when}.\n\nCall {line} any time."
)

pytestmark = pytest.mark.stopped_at(NOW)


@pytest.fixture
def director(db):
    return make_user("director")


def save(by, words=MINE, *, kind=Kind.MOVED, language="en", seen=0):
    return templates.save_template(kind=kind, language=language, words=words, seen=seen, by=by)


def use_ours(by, *, kind=Kind.MOVED, language="en", seen):
    return templates.restore_built_in_text(kind=kind, language=language, seen=seen, by=by)


def versions():
    return list(MessageTemplate.objects.order_by("version").values_list("version", "text"))


def words_with(part, text):
    return MessageText(**templates.split_text(MINE) | {part: text})


# Versions


def test_words_are_kept_as_a_version_and_recorded(director):
    is_new = save(director)

    (kept,), (event,) = MessageTemplate.objects.all(), AuditEvent.objects.all()
    assert is_new
    assert kept.version == 1
    assert kept.made_by == director
    assert kept.text == MINE.text
    assert (event.type, event.actor, event.code, event.fields) == (
        "template_changed", director, "moved", ["subject_en", "heading_en", "text_en"],
    )  # fmt: skip


def test_next_change_is_the_next_version_and_edits_nothing(director):
    save(director)
    save(director, words_with("text", "Another."), seen=1)

    assert versions() == [(1, MINE.text), (2, "Another.")]
    assert AuditEvent.objects.last().fields == ["text_en"]


def test_what_is_promised_goes_in_the_new_words_and_the_ledger_knows(director):
    message = make_due(Kind.MOVED, now=NOW)
    before = rendering.render_email(message)

    save(director)
    after = rendering.render_email(message)

    assert (before.subject, before.template_version[:5]) == (
        "Your appointment has a new time",
        "ours ",
    )
    assert (after.subject, after.template_version) == ("About your time", "own 1 en")


def test_each_language_has_words_of_its_own(director):
    save(director, language="es")

    english, spanish = (
        rendering.render_email(make_due(Kind.MOVED, now=NOW, language=language)).subject
        for language in ("en", "es")
    )

    assert (english, spanish) == ("Your appointment has a new time", "About your time")


def test_our_words_come_back_as_a_version(director):
    save(director)

    is_new = use_ours(director, seen=1)

    letter = rendering.render_email(make_due(Kind.MOVED, now=NOW))
    assert is_new
    assert letter.subject == "Your appointment has a new time"
    assert list(MessageTemplate.objects.values_list("version", "is_built_in")) == [
        (1, False),
        (2, True),
    ]
    assert AuditEvent.objects.last().fields == ["built_in_en"]


def test_what_is_so_already_makes_no_version(director):
    done = [use_ours(director, seen=0), save(director), save(director), use_ours(director, seen=1)]
    done += [use_ours(director, seen=2)]

    assert done == [False, True, False, True, False]
    assert (MessageTemplate.objects.count(), AuditEvent.objects.count()) == (2, 2)


def test_second_of_two_directors_is_told_and_overwrites_nothing(director):
    save(director)

    with pytest.raises(exceptions.ChangedMeanwhile):
        save(director, words_with("text", "Late."), seen=0)
    with pytest.raises(exceptions.ChangedMeanwhile):
        use_ours(director, seen=0)

    assert versions() == [(1, MINE.text)]
    assert AuditEvent.objects.count() == 1


def test_of_many_directors_at_once_one_saves(real_commits):
    by = make_user("director")

    answers = at_once([lambda n=n: save(by, words_with("text", f"Number {n}.")) for n in range(4)])

    names = Counter(type(each).__name__ for each in answers)
    assert names == {"bool": 1, "ChangedMeanwhile": 3}
    assert [number for number, _text in versions()] == [1]
    assert AuditEvent.objects.count() == 1


def test_versions_are_told_newest_first_with_what_changed(director):
    save(director)
    save(director, words_with("text", "See you {when}.\n\nCall {line} by day."), seen=1)

    newest, first = templates.list_template_versions(Kind.MOVED, "en")

    assert newest.template.version == 2
    assert newest.is_newest
    assert not first.is_newest
    assert newest.changes["subject"] == [("same", "About your time")]
    assert newest.changes["text"] == [
        ("same", "See you {when}.\n\nCall {line} "),
        ("went", "any time."),
        ("came", "by day."),
    ]


@pytest.mark.parametrize("columns", [{"subject": "Else"}, {"version": 7}])
def test_version_is_never_edited_or_deleted(director, columns):
    save(director)

    for act in (
        lambda: MessageTemplate.objects.update(**columns),
        lambda: MessageTemplate.objects.all().delete(),
    ):
        with pytest.raises(Exception, match="Cannot update or delete"), transaction.atomic():
            act()


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"kind": "staff_new_request"}, "message_template_is_for_requesters"),
        ({"subject": "One\nBcc: eve"}, "message_template_subject_and_heading_are_one_line"),
        ({"heading": "One\rtwo"}, "message_template_subject_and_heading_are_one_line"),
        ({"text": "a <b>"}, "message_template_holds_no_markup"),
        ({"text": "x" * 2001}, "message_template_text_has_an_end"),
        ({"version": 0}, "message_template_counts_from_one"),
        ({"text": ""}, "message_template_says_something_unless_built_in"),
    ],
)
def test_database_refuses_words_that_must_never_be(director, columns, constraint):
    row = {"kind": "moved", "language": "en", "version": 1, "made_by": director}
    with pytest.raises(IntegrityError, match=constraint):
        MessageTemplate.objects.create(**row | templates.split_text(MINE) | columns)


# What may be said


@pytest.mark.parametrize(("kind", "language"), list(product(KINDS, LANGUAGES)))
def test_our_own_words_would_pass(db, kind, language):
    ours = templates.get_template_text(None, kind, language)

    assert templates.find_text_errors(kind, ours, Facility.objects.get().name) == {}


REFUSED = [
    ("text", "   \n ", "Write something"),
    ("subject", "x" * 121, "at most 120"),
    ("heading", "x" * 121, "at most 120"),
    ("text", "x" * 2001, "at most 2000"),
    ("subject", "Your time\nBcc: eve", "in one line"),
    ("subject", "Your time\r\nBcc: eve", "in one line"),
    ("heading", "Your\u2028time", "in one line"),
    ("text", "Your\x00time", "cannot be seen"),
    ("text", "re\u00adcovery", "cannot be seen"),
    ("text", "re\u200bcovery", "cannot be seen"),
    ("text", "About your IOP talk", "Leave out “IOP”"),
    ("subject", "Your treatment and Treatment", "“treatment”, “Treatment”"),
    ("text", "Su tratamiento", "“tratamiento”"),
    ("text", "Vuestra adicción", "“adicci”"),
    ("text", "the ｒｅｈａｂ", "“rehab”"),
    ("text", "the r\u0336e\u0336h\u0336a\u0336b", "“rehab”"),
    ("heading", "From Casa  Luz", "“Casa Luz”"),
    ("text", "From CASA\nLUZ", "“Casa Luz”"),
    ("text", "See http://evil.example", "links"),
    ("text", "See www evil", "links"),
    ("text", "See evil.example", "links"),
    ("text", "See ｗｗｗ evil", "links"),
    ("subject", "Write jo@evil", "links"),
    ("text", "<b>now</b>", "links"),
    ("text", "See {where}", "{where}"),
    ("text", "Until {answer_by}", "{answer_by}"),
    ("text", "See {}", "{}"),
    ("text", "See {when", "{ and }"),
    ("text", "See { when }", "{ and }"),
    ("text", "See {{when}}", "{ and }"),
]


@pytest.mark.parametrize(("part", "text", "words"), REFUSED)
def test_words_are_refused_with_the_reason_and_nothing_changes(director, part, text, words):
    Facility.objects.update(name="Casa Luz")

    with pytest.raises(InvalidTemplate) as refused, transaction.atomic():
        save(director, words_with(part, text))

    reasons = refused.value.errors
    assert list(reasons) == [part]
    assert words in " ".join(reasons[part])
    assert (MessageTemplate.objects.count(), AuditEvent.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    "text",
    [
        "We are here 24/7.",
        "At 9 a.m. or 5 p.m.",
        "¿Puede llamar? Sí: {line}",
        "R & B, 100 %",
        "“Hi” 🌱",
    ],
)
def test_ordinary_words_pass(db, text):
    assert templates.find_text_errors(Kind.MOVED, words_with("text", text), "Casa Luz") == {}


def test_kept_words_that_give_away_a_new_name_are_passed_over(director):
    save(director, words_with("heading", "From Casa Luz"))
    Facility.objects.update(name="Casa Luz")

    used = templates.find_template_in_use(
        templates.find_latest_template(Kind.MOVED, "en"), "en", "Casa Luz"
    )

    assert not used.is_custom
    assert used.revealing_words == ["Casa Luz"]
    assert (
        rendering.render_email(make_due(Kind.MOVED, now=NOW)).subject
        == "Your appointment has a new time"
    )


# Letters to someone invented


@pytest.mark.parametrize(("kind", "language"), list(product(KINDS, LANGUAGES)))
def test_sample_is_written_without_any_row_or_token(db, kind, language):
    for is_discreet in (True, False):
        letter = previews.render_example(kind, language, is_discreet=is_discreet)
        assert letter.body != ""
        assert "/manage/" not in letter.body

    rows = [ConsultationRequest, ManageToken, Message, AuditEvent, MessageTemplate]
    assert [model.objects.count() for model in rows] == [0] * len(rows)


@pytest.mark.parametrize("kind", KINDS)
def test_every_placeholder_has_an_example(db, kind):
    examples = previews.list_example_values(kind, "en")

    assert set(examples) == catalog.list_placeholders(kind)
    assert all(examples.values())


@pytest.mark.security(48)
def test_name_with_a_new_line_makes_no_second_line_of_a_subject(director):
    save(director, words_with("subject", "With {counselor}"))
    message = make_due(Kind.MOVED, now=NOW)
    message.consultation.counselor.public_name = "Dana\nBcc: eve"

    assert rendering.render_email(message).subject == "With Dana Bcc: eve"


# Whatever a director may type

TEMPTING = [
    "your recovery", "IOP", "Treatment", "rehab", "casa luz", "Casa\nLuz", "alcohólico",
    "tu clínica", "ｒｅｈａｂ", "detox\u0301", "{when}", "{line}", "{counselor}", "{earlier}",
    "{answer_by}", "{where}", "{", "}", "{{", "{}", "%(name)s", "<b>", "</p>", "<script>",
    "&lt;b&gt;", "&#114;ehab", "http://x.example", "www.x", "a@b", "x.example", "\n", "\r\n",
    "\r", "\x00", "\u2028", "\x85", "\u00ad", "\u200b", "\u202e", "Bcc: x", "See you.",
    "Hola", "¿Sí?", " ", "a",
]  # fmt: skip
typed = st.lists(st.sampled_from(TEMPTING) | st.text(max_size=6), min_size=1, max_size=6)
part_of_words = typed.map("".join) | typed.map(" ".join) | st.just("See you {when}.")
ADDRESS = re.compile(r"http|www|@|\w{2,}\.[a-z]{2,}", re.IGNORECASE)


def arrived(kind, language, words):
    letter = previews.render_example(kind, language, words=words, is_discreet=True)
    return message_from_bytes(letter.message().as_bytes(), policy=policy.default)


def tags(page):
    return set(re.findall(r"<(/?\w+)", page))


def links(page):
    found = re.findall(r'href="([^"]*)"', page)
    return [each for each in found if not each.startswith("tel:")]


def wrongs(kind, language, words):
    """What nobody may ever find in a letter, seen with other eyes than those that refuse."""
    plain = arrived(kind, language, templates.get_template_text(None, kind, language))
    letter = arrived(kind, language, words)
    text, html = (letter.get_body([each]).get_content() for each in ("plain", "html"))
    told = re.sub(r"<style.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL)
    said = " ".join(f"{letter['Subject']} {text} {unescape(told)}".split())
    mine = " ".join(
        placeholders.fill_placeholders(each, {}) for each in templates.split_text(words).values()
    )
    ours = {rendering.PREVIEW_LINKS.manage, rendering.PREVIEW_LINKS.stop}
    known = tags(plain.get_body(["html"]).get_content()) | {"br", "p", "/p"}
    foreign = [each for each in links(html) if each.partition("?")[0] not in ours]
    return {
        "telling": bool(disclosure.REVEALING_WORDS.search(said)) or "casa luz" in said.casefold(),
        "placeholder": bool(re.search(r"[{}]", said)),
        "markup": "<" in text or not tags(html) <= known,
        "link": foreign != [] or bool(ADDRESS.search(mine)),
        "header": letter.keys() != plain.keys() or bool(re.search(r"[\r\n]", letter["Subject"])),
        "nothing": not all(each.strip() for each in templates.split_text(words).values()),
    }


@pytest.mark.django_db
@hypothesis_settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    kind=st.sampled_from(KINDS),
    language=st.sampled_from(LANGUAGES),
    subject=part_of_words,
    heading=part_of_words,
    text=part_of_words,
)
def test_whatever_passes_gives_nobody_away(kind, language, subject, heading, text):
    Facility.objects.update(name="Casa Luz")
    words = templates.normalize_text(MessageText(subject, heading, text))
    refused = templates.find_text_errors(kind, words, "Casa Luz")
    # Each part that passes is tried beside parts that are known to be good.
    passing = {
        part: each for part, each in templates.split_text(words).items() if part not in refused
    }
    good = templates.split_text(templates.get_template_text(None, kind, language))

    found = wrongs(kind, language, MessageText(**good | passing))

    assert {name for name, is_so in found.items() if is_so} == set()


@pytest.mark.parametrize(
    ("part", "text", "wrong"),
    [
        ("subject", "Your IOP talk", "telling"),
        ("text", "From Casa Luz", "telling"),
        ("text", "See {where}", "placeholder"),
        ("heading", "See {when", "placeholder"),
        ("text", "a <b> c", "markup"),
        ("text", "See www.evil.example", "link"),
        ("subject", "Write to jo@evil", "link"),
        ("heading", " ", "nothing"),
    ],
)
def test_what_is_refused_would_have_been_seen(db, part, text, wrong):
    """The control: sent all the same, these words show in the letter."""
    Facility.objects.update(name="Casa Luz")
    words = words_with(part, text)

    found = wrongs(Kind.MOVED, "en", words)

    assert templates.find_text_errors(Kind.MOVED, words, "Casa Luz").keys() == {part}
    assert found[wrong] is True


def test_subject_that_breaks_the_header_would_have_been_seen(db):
    """The control for headers, without the seam that writes a subject in one line."""
    letter = previews.render_example(Kind.MOVED, "en", is_discreet=True)
    letter.subject = "Your time\nBcc: eve@evil.example"

    with pytest.raises(Exception, match=r"newlines|linefeed"):
        letter.message()
