"""How a content editor writes, looks, publishes and goes back at the desk."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from admissions.audit.models import AuditEvent
from programs.models import Article, Page, ProgramText, Question
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db

HARD = "Comprehensive multidisciplinary rehabilitation necessitates considerable determination."


@pytest.fixture
def editor(client):
    user = make_user("content editor", first_name="Noor")
    client.force_login(user)
    return user


@pytest.fixture
def article():
    return Article.objects.get(slug="what-is-iop", language="en")


def place(text, name):
    return reverse(f"admin:programs_{text._meta.model_name}_{name}", args=[text.pk])


def form_of(client, text, **changes):
    """What a browser would send: the form as it was drawn, but for the changes."""
    form = client.get(place(text, "change")).context["adminform"].form
    drawn = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in (drawn | changes).items() if value not in (None, False)}


def newest(text):
    return text.versions.first()


def send(client, text, **form):
    """Saves, and returns what the desk says about it."""
    return told(client.post(place(text, "change"), form, follow=True))


def told(response):
    return [str(each) for each in response.context["messages"]]


def publish(client, text):
    return client.post(place(text, "publish"), {"seen": text.changed_at.isoformat()}, follow=True)


@pytest.mark.parametrize("model", [Article, Page, ProgramText, Question])
def test_saving_what_is_published_begins_a_draft_by_its_writer(client, editor, model):
    text = model.objects.published().first()

    said = send(client, text, **form_of(client, text))

    draft = newest(text)
    assert "Saved as draft 2. Visitors see it once you publish it." in said
    assert draft.version == 2
    assert not draft.is_published
    assert draft.changed_by == editor
    assert client.get(place(draft, "versions")).status_code == 200


def test_publishing_is_an_act_that_is_recorded(client, editor, article):
    send(client, article, **form_of(client, article, title="IOP, said better"))
    draft = newest(article)

    publish(client, draft)

    event = AuditEvent.objects.filter(
        type="record_changed", object_type="article", object_id=draft.pk
    ).latest("pk")
    assert (event.actor, event.fields) == (editor, ["is_published"])
    assert b"<h1>IOP, said better</h1>" in client.get("/learn/what-is-iop/").content


def test_draft_that_changed_meanwhile_is_not_published(client, editor, article):
    send(client, article, **form_of(client, article, title="One"))
    seen = newest(article)
    send(client, seen, **form_of(client, seen, title="Two"))

    answer = publish(client, seen)

    assert told(answer) == ["Someone changed it meanwhile. Look at it once more."]
    assert not newest(article).is_published


def test_who_saves_second_keeps_what_they_typed_on_the_page(client, editor, article):
    form = form_of(client, article, title="Mine")
    send(client, article, **form_of(client, article, title="Theirs"))

    answer = client.post(place(article, "change"), form)

    assert "Noor has begun version 2 meanwhile" in unescape(answer.content.decode())
    assert answer.context["adminform"].form["title"].value() == "Mine"
    assert newest(article).title == "Theirs"


def test_second_text_of_an_address_is_refused_kindly(client, editor, article):
    form = form_of(client, article, slug=article.slug, language="en")

    answer = client.post(reverse("admin:programs_article_add"), form)

    assert b"There is such a text in this language." in answer.content
    assert article.versions.count() == 1


def test_saving_tells_what_is_hard_to_read_or_blames(client, editor, article):
    said = send(client, article, **form_of(client, article, body=f"{HARD} An addict may come."))

    assert [each.partition(" ")[0] for each in said] == ["This", "Say", "Saved"]
    assert "addict" in said[1]


def test_preview_shows_the_draft_in_its_page_to_staff_alone(client, editor, article):
    send(client, article, **form_of(client, article, title="Not yet said"))
    draft = newest(article)

    answer = client.get(place(draft, "preview"))

    assert b"<h1>Not yet said</h1>" in answer.content
    assert b'class="preview"' in answer.content
    assert b'content="noindex, nofollow"' in answer.content
    assert "no-store" in answer["Cache-Control"].split(", ")
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    client.force_login(make_user("counselor"))
    assert client.get(place(draft, "preview")).status_code == 403
    client.logout()
    assert client.get(place(draft, "preview")).status_code == 302


@pytest.mark.parametrize("model", [Article, Page, ProgramText, Question])
@pytest.mark.parametrize("language", ["en", "es"])
def test_every_kind_of_text_has_its_preview(client, editor, model, language):
    text = model.objects.published().filter(language=language).first()

    html = client.get(place(text, "preview")).content.decode()

    assert html.count(f'<html lang="{language}"') == 1


def test_preview_of_a_question_stands_open_among_the_others(client, editor):
    question = Question.objects.get(slug="work", language="en")

    html = client.get(place(question, "preview")).content.decode()

    assert re.findall(r'<details id="([\w-]+)"[^>]* open>', html) == ["work"]


def test_earlier_version_is_taken_up_and_the_text_taken_off(client, editor, article):
    client.post(place(article, "take_up"))
    draft = newest(article)
    client.post(place(draft, "throw_away"), {"seen": draft.changed_at.isoformat()})
    client.post(place(article, "withdraw"))

    assert [(each.version, each.is_withdrawn) for each in article.versions] == [
        (2, True),
        (1, False),
    ]
    assert client.get("/learn/what-is-iop/").status_code == 404


def test_older_version_leads_to_the_list_of_versions(client, editor, article):
    send(client, article, **form_of(client, article))

    assert client.get(place(article, "change"))["Location"] == place(article, "versions")


@pytest.mark.parametrize("name", ["changelist", "versions"])
def test_desk_asks_as_much_for_many_versions(client, editor, article, name):
    def queries():
        args = [article.pk] if name == "versions" else []
        with CaptureQueriesContext(connection) as asked:
            assert (
                client.get(reverse(f"admin:programs_article_{name}", args=args)).status_code == 200
            )
        return len(asked)

    before = queries()
    kept = {"summary": "-", "body": "-", "is_published": True, "changed_by": editor}
    Article.objects.bulk_create(
        [
            *(Article(slug=f"a{n}", title="A", **kept) for n in range(15)),
            *(Article(slug=article.slug, title="A", version=n, **kept) for n in range(2, 17)),
        ]
    )

    assert queries() == before


def test_address_that_is_left_empty_is_made_from_the_title(client, editor):
    words = {"language": "en", "slug": "", "question": "May I bring my dog?", "answer": "Ask us."}

    client.post("/admin/programs/question/add/", words | {"sort_order": 0})

    assert Question.objects.get(question="May I bring my dog?").slug == "may-i-bring-my-dog"


def test_title_that_makes_no_address_asks_for_one(client, editor):
    words = {"language": "en", "slug": "", "question": "¿?", "answer": "Ask us.", "sort_order": 0}

    page = client.post("/admin/programs/question/add/", words)

    assert [*page.context["adminform"].form.errors] == ["slug"]
