"""Which program? Every row of the table leads where it says, danger first, and nothing is kept."""

from itertools import chain

import pytest
from django.utils import translation

from programs import guide
from programs.models import Program

from .reading_page import words_of

pytestmark = pytest.mark.django_db

GUIDE = "/programs/guide/"
OFFERED = ["iop", "residential", "iop-after-residential"]
SAFE = {"danger": "no"}
ROWS = [(each.key, answer) for each in guide.QUESTIONS for answer in each.answers]
QUIET = [(key, answer) for key, answer in ROWS if not answer.is_danger]
SHOUTS = [(key, answer.key) for key, answer in ROWS if answer.is_danger]


def find(answers, offered=OFFERED):
    return guide.evaluate_answers(answers, for_whom="self", offered=offered)


def shown(found):
    """Where the answers lead, as keys of the table."""
    kept = [*found.medical, *found.talk, *chain(*found.programs.values())]
    return {each.answer.leads_to for each in kept} | ({"danger"} if found.is_danger else set())


@pytest.mark.parametrize(
    ("key", "answer"), ROWS, ids=lambda each: getattr(each, "key", None) or str(each)
)
def test_row_leads_where_it_says(key, answer):
    assert shown(find({key: answer.key})) == {answer.leads_to} - {""}


def test_every_row_that_leads_somewhere_says_why():
    assert [answer.key for _key, answer in ROWS if answer.leads_to and not answer.reason] == []


def test_every_row_leads_to_something_that_there_is():
    leads = {answer.leads_to for _key, answer in ROWS}

    assert leads <= {"", "danger", "medical", "talk", *OFFERED}
    assert set(Program.objects.published().values_list("slug", flat=True)) >= set(OFFERED)


def test_danger_is_answered_alone_whatever_else_is_said():
    rest = {"care": "residential", "time": "no", "home": "no", "support": "always"}

    assert [shown(find(rest | {key: answer})) for key, answer in SHOUTS] == [{"danger"}] * 2


def test_programs_come_in_the_order_of_the_site_whatever_speaks_for_them():
    answers = {"care": "residential", "time": "yes", "home": "no", "support": "some"}

    assert list(find(answers).programs) == OFFERED


def test_program_that_is_not_offered_is_not_spoken_of():
    assert find({"home": "no"}, offered=["iop"]).programs == {}


def test_unknown_questions_and_answers_lead_nowhere():
    assert shown(find({"home": "castle", "income": "much"})) == set()


# The page


@pytest.mark.parametrize(("key", "answer"), SHOUTS)
@pytest.mark.parametrize("prefix", ["", "/es"])
def test_danger_shows_help_at_once_though_nothing_else_is_answered(client, prefix, key, answer):
    answer = client.post(prefix + GUIDE, {key: answer, "home": "no"})
    page = answer.content.decode()
    main = page[page.index("<main") :]

    first = [main.index(each) for each in ('href="tel:911"', 'href="tel:988"', 'href="tel:+')]
    assert answer.context["found"].is_danger
    assert first == sorted(first)
    assert first[-1] < main.index('name="home"')
    assert "/consultation/" not in main[: main.index("</main>")]


def test_answers_bring_the_programs_with_their_reasons(client):
    page = client.post(GUIDE, SAFE | {"time": "no", "home": "no", "health": "daily"})

    assert [(each.slug, [one.answer.key for one in why]) for each, why in worth(page)] == [
        ("iop", ["no"]),
        ("residential", ["no"]),
    ]
    words = words_of(page)
    assert words.index("Talk with a doctor first") < words.index("After that, worth asking about")
    assert "qualify" not in words


def worth(page):
    return page.context["worth_asking"]


def test_missing_answer_about_danger_is_asked_for_and_the_rest_stays(client):
    page = client.post(GUIDE, {"home": "no"})

    assert (page.context["found"], page.context["form"].answers) == (None, {"home": "no"})
    assert "Tell us if anyone is in danger right now." in words_of(page)


def test_someone_else_is_asked_after_as_someone_else(client):
    pages = [client.get(GUIDE + "?for=loved_one"), client.post(GUIDE, {"for": "loved_one"})]

    assert ["Is the place they live safe" in words_of(page) for page in pages] == [True, True]
    assert "Is the place they live safe" not in words_of(client.get(GUIDE))


def test_visit_leaves_no_cookie_no_cache_and_no_answer_in_an_address(client):
    form = client.get(GUIDE)
    page = client.post(GUIDE, SAFE | {"home": "no"})

    assert (form.cookies, page.cookies, dict(client.session)) == ({}, {}, {})
    assert "no-store" in page["Cache-Control"]
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert page.request["QUERY_STRING"] == ""
    assert b"home=no" not in page.content


def test_answers_in_an_address_are_not_read(client):
    page = client.get(GUIDE + "?danger=no&home=no")

    assert (page.context["found"], page.context["form"].answers) == (None, {})


def test_page_shows_every_rule(client):
    words = words_of(client.get(GUIDE))

    missing = [str(answer.reason) for _key, answer in ROWS if str(answer.reason) not in words]
    assert missing == []


def test_page_is_whole_in_spanish(client):
    with translation.override("es"):
        said = [str(each) for key, answer in QUIET for each in (answer.text, answer.reason) if each]
    words = words_of(client.get("/es" + GUIDE))

    assert [each for each in said if each not in words] == []


def test_guide_is_found_from_the_pages_that_raise_the_question(client):
    pages = [client.get(address).content for address in ("/", "/programs/", "/programs/compare/")]

    assert [page.count(b'href="/programs/guide/"') >= 3 for page in pages] == [True] * 3
