"""The director's screen and its file: who may, what is recorded, and what leaves the house."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from admissions.audit.models import AuditEvent
from admissions.reporting import charts, csv_export
from programs.models import Program
from tests.support import factories
from tests.support.desk import NOW
from tests.support.reports import admit, ask, attempt, recommend, refer, talk

pytestmark = pytest.mark.django_db

REPORTS, FILE = "/admin/reports/", "/admin/reports/file/"
CANARY = "Canary"
Type = AuditEvent.Type


@pytest.fixture
def director(client):
    user = factories.make_user("director", first_name="Lee")
    client.force_login(user)
    return user


@pytest.fixture
def month():
    """Some forty people of the last whole days, all of one name."""
    dana = factories.make_counselor(user=factories.make_user("counselor", first_name="Dana"))
    by, days = dana.user, timedelta(days=1)
    who = {"preferred_name": CANARY, "email": "canary@example.com", "note": CANARY}
    for n in range(40):
        asked = NOW - days * (2 + n % 20)
        person = ask(asked, **who, language="es" if n < 4 else "en", source="callback")
        attempt(person, by=by, after=3 + n, result="reached" if n % 2 else "no_answer")
        if n % 3 == 0:
            talk(person, dana, at=asked + timedelta(hours=20))
        if n % 6 == 0:
            admit(person, by)
    recommend(ask(**who), by)
    refer(ask(**who), by)
    return dana


def acts():
    found = AuditEvent.objects.filter(request=None)
    return [(each.type, each.actor, each.code, each.fields) for each in found]


def lines_of(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


# The screen


@pytest.mark.parametrize(
    "role", ["coordinator", "counselor", "clinician", "VOB", "content editor", "auditor", None]
)
@pytest.mark.security(26)
def test_reports_are_the_directors_alone(client, role):
    client.force_login(factories.make_user(role))

    assert (client.get(REPORTS).status_code, client.post(FILE).status_code) == (403, 403)
    assert acts() == []


def test_look_is_recorded_once_with_what_narrowed_it(client, director):
    client.get(REPORTS, {"days": "30", "language": "es", "program": "iop"})

    assert acts() == [(Type.REPORT_VIEWED, director, "director, 30", ["program", "language"])]


def test_screen_is_kept_nowhere_and_shows_no_one(client, director, month):
    response = client.get(REPORTS, {"days": "30"})

    assert "no-store" in response["Cache-Control"]
    assert CANARY.lower() not in response.content.decode().lower()
    assert "714" not in response.content.decode()


@pytest.mark.parametrize(
    "asked",
    [{}, {"days": "8"}, {"days": "x"}, {"language": "xx"}, {"program": "Jo"}, {"source": "'--"}],
)
def test_what_cannot_be_read_is_left_at_its_usual_value(client, director, asked):
    period = client.get(REPORTS, asked).context["period"]

    assert (period.days, period.filters) == (7, {})


def test_addresses_hold_codes_alone_and_keep_them_from_day_to_day(client, director):
    response = client.get(REPORTS, {"days": "7", "program": "iop"})

    found = [each["query"] for each in response.context["periods"]]
    assert found == ["days=1&program=iop", "days=7&program=iop", "days=30&program=iop"]


def test_lead_says_where_most_are_lost(client, director):
    ask(disposition="unable_to_reach", close_reason="no_response")

    response = client.get(REPORTS)

    assert response.context["lead"] == "Most are lost before we were in touch: 1 of 1."


def test_screen_says_of_nobody_that_there_is_nobody(client, director):
    response = client.get(REPORTS)

    values = {tile.name: (tile.value, tile.before) for tile in response.context["tiles"]}
    assert set(values.values()) == {("–", "–"), ("–", "")}


def test_tile_stands_beside_what_it_was_before(client, director):
    by = factories.make_user()
    attempt(ask(), by=by, after=7)
    attempt(ask(NOW - timedelta(days=8)), by=by, after=90)

    first = client.get(REPORTS).context["tiles"][0]

    assert (first.name, first.value, first.before) == ("First try", "7 min", "1 h 30 min")


def test_screen_asks_as_often_for_many_as_for_one(client, director):
    by = factories.make_user()
    attempt(ask(), by=by, after=5)
    client.get(REPORTS)
    with CaptureQueriesContext(connection) as of_one:
        client.get(REPORTS)
    for n in range(10):
        person = ask(language="es", program_interest=Program.objects.first())
        attempt(person, by=factories.make_user(), after=n)
        admit(ask(), by)

    with CaptureQueriesContext(connection) as of_many:
        client.get(REPORTS)

    assert len(of_many) == len(of_one)


def test_every_drawing_is_named_or_beside_its_figures(client, director, month):
    page = client.get(REPORTS, {"days": "30"}).content.decode()

    # Django's own icons hang below every page of the admin.
    drawings = [each for each in re.findall(r"<svg\b[^>]*>", page) if "base-svgs" not in each]
    named = [each for each in drawings if 'role="img"' in each and "aria-labelledby" in each]
    hidden = [each for each in drawings if 'aria-hidden="true"' in each]
    assert (len(named), len(named) + len(hidden)) == (2, len(drawings))
    assert re.search(r"\sstyle=", page) is None


# The file


@pytest.mark.security(26, 28)
def test_file_is_recorded_once_and_kept_nowhere(client, director):
    response = client.post(FILE)

    assert acts() == [(Type.EXPORTED, director, "director, 30", [])]
    assert "no-store" in response["Cache-Control"]
    assert response["Content-Disposition"] == (
        'attachment; filename="admissions-figures-until-2026-11-23.csv"'
    )


def test_file_is_not_a_link(client, director):
    assert (client.get(FILE).status_code, acts()) == (405, [])


def test_file_asks_again_who_it_is(client, director):
    session = client.session
    session.update(factories.proof(director, at=(NOW - timedelta(minutes=11)).timestamp()))
    session.save()

    response = client.post(FILE)

    assert response.url.startswith("/admin/confirm")
    assert acts() == []


def test_file_tells_counts_and_hides_few_people(client, director, month):
    found = {tuple(line[:5]): line[5] for line in lines_of(client.post(FILE))}

    def language(name):
        return found["Requests", "Language", name, "", ""]

    assert found["Requests", "", "", "", ""] == "40"
    # Four of forty would be the whole less the others.
    assert (language("Spanish"), language("English")) == ("withheld", "withheld")
    assert found["Recommendations", "", "", "", ""] == "<11"
    assert found["First day", "", "", "", ""] == "2026-10-25"


def test_file_holds_no_small_count_and_no_person(client, director, month):
    lines = lines_of(client.post(FILE))

    counts = [line[5] for line in lines[3:] if line[5].isdigit()]
    assert min(map(int, counts)) >= 11
    assert CANARY not in str(lines)
    assert "Dana" not in str(lines)
    assert {len(line) for line in lines} == {6}


def test_median_of_few_is_hidden(client, director):
    by = factories.make_user()
    for n in range(11):
        person = ask(NOW - timedelta(days=2))
        attempt(person, by=by, after=10 + n, result="reached" if n else "no_answer")

    found = {line[0]: line[5] for line in lines_of(client.post(FILE))}

    tried, talked = "Minutes to the first try, median", "Minutes to the first talk, median"
    assert (found[tried], found[talked]) == ("15.0", "<11")


def test_file_covers_everyone_however_the_screen_was_narrowed(client, director, month):
    response = client.post(FILE + "?language=es", {"language": "es", "days": "1"})

    found = {tuple(line[:3]): line[5] for line in lines_of(response)}
    assert found["Requests", "", ""] == "40"


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n"])
@pytest.mark.security(52)
def test_name_that_begins_like_a_formula_is_text(client, director, first):
    Program.objects.filter(slug="iop").update(name=f'{first}HYPERLINK("http://x")')

    named = [line[2] for line in lines_of(client.post(FILE)) if "HYPERLINK" in line[2]]

    assert named == [f'\'{first}HYPERLINK("http://x")']


@pytest.mark.security(52)
def test_counts_are_no_formulas_either():
    assert [csv_export.escape_formula(each) for each in ("<11", 40, -1, "")] == [
        "<11",
        "40",
        "'-1",
        "",
    ]


# Drawings


def test_bar_lays_its_parts_side_by_side():
    bits = charts.build_bar([("on", 5), ("open", 0), ("lost", 3)], longest=20)

    assert [(bit.kind, bit.x, bit.width) for bit in bits] == [
        ("on", "0.00%", "25.00%"),
        ("lost", "25.00%", "15.00%"),
    ]


def test_bar_of_nobody_is_empty():
    assert charts.build_bar([("on", 0)], longest=0) == []


def test_fields_grow_stronger_with_their_count():
    assert [charts.heat_level(count, 40) for count in (0, 1, 10, 11, 40)] == [0, 1, 1, 2, 4]


def test_dots_leave_out_what_nobody_makes():
    drawn = charts.build_dot_plot([("a", 1, 2), ("b", 0, 0), ("c", 2, 2)])

    assert [(dot.r > 0, dot.value.text) for dot in drawn.dots] == [
        (True, "50 %"),
        (False, "–"),
        (True, "100 %"),
    ]
    assert [(one.name.text, other.name.text) for one, other in drawn.lines] == [("a", "c")]
