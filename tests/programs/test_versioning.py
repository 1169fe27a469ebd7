"""A text changes in versions: what was published stays, and a draft is read by nobody."""

from datetime import date

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from programs import versioning
from programs.models import Article, Page, Program, ProgramText, Question
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db

TEXTS = [Article, Page, ProgramText, Question]


@pytest.fixture
def editor():
    return make_user("content editor")


@pytest.fixture
def article():
    return Article.objects.get(slug="what-is-iop", language="en")


def write(text, by, **words):
    for name, value in words.items():
        setattr(text, name, value)
    return versioning.save_draft(text=text, by=by, seen=text.changed_at)


def publish(text, by):
    versioning.publish_draft(text=text, by=by, seen=text.changed_at)


def states(text):
    return [
        (each.version, each.is_published, each.is_withdrawn) for each in text.versions.reverse()
    ]


@pytest.mark.parametrize("model", TEXTS)
def test_database_refuses_to_change_or_delete_what_was_published(model):
    text = model.objects.published().first()

    for change in (
        lambda: model.objects.filter(pk=text.pk).update(language="fr"),
        lambda: model.objects.filter(pk=text.pk).delete(),
    ):
        with pytest.raises(ProgrammingError, match="published_never_changes"), transaction.atomic():
            change()

    assert model.objects.get(pk=text.pk).language == text.language


@pytest.mark.parametrize("model", TEXTS)
def test_database_knows_one_draft_and_one_of_each_number(model):
    text = model.objects.published().first()
    for number, rule in ((2, "version_once"), (3, "one_draft")):
        text.pk, text._state.adding, text.version, text.is_published = None, True, number, False
        if number == 2:
            text.save()
            text.pk, text.is_published = None, True
        with pytest.raises(IntegrityError, match=rule), transaction.atomic():
            text.save(force_insert=True)

    assert states(text) == [(1, True, False), (2, False, False)]


def test_change_of_a_published_text_is_a_draft_that_nobody_reads(client, editor, article):
    draft = write(article, editor, title="IOP, said better")

    assert states(draft) == [(1, True, False), (2, False, False)]
    assert draft.changed_by == editor
    assert (
        b"<h1>What is IOP, and how does it help?</h1>" in client.get("/learn/what-is-iop/").content
    )


def test_published_draft_takes_the_place_of_the_version_before(client, editor, article):
    draft = write(article, editor, title="IOP, said better")
    publish(draft, editor)

    html = client.get("/learn/what-is-iop/").content
    published = Article.objects.get(pk=draft.pk)
    assert b"<h1>IOP, said better</h1>" in html
    assert states(published) == [(1, True, False), (2, True, False)]
    assert published.published_by == editor
    assert published.published_at is not None


def test_draft_is_saved_in_place(editor, article):
    draft = write(article, editor, title="One")
    write(draft, editor, title="Two")

    assert [each.title for each in article.versions] == [
        "Two",
        "What is IOP, and how does it help?",
    ]


def test_who_saves_second_overwrites_nothing(editor, article):
    draft = write(article, editor, title="One")
    mine, theirs = Article.objects.get(pk=draft.pk), Article.objects.get(pk=draft.pk)
    write(theirs, editor, title="Theirs")

    with pytest.raises(versioning.EditConflict):
        write(mine, editor, title="Mine")

    assert Article.objects.get(pk=draft.pk).title == "Theirs"


def test_who_publishes_puts_up_what_they_have_seen(editor, article):
    draft = write(article, editor, title="One")
    mine = Article.objects.get(pk=draft.pk)
    write(Article.objects.get(pk=draft.pk), editor, title="Theirs")

    with pytest.raises(versioning.EditConflict):
        publish(mine, editor)

    assert states(article) == [(1, True, False), (2, False, False)]


def test_what_is_published_is_not_published_twice(editor, article):
    with pytest.raises(versioning.WrongVersionState):
        publish(article, editor)


def test_earlier_version_is_taken_up_as_a_draft(editor, article):
    first = Article.objects.get(pk=article.pk)
    publish(write(article, editor, title="Second"), editor)

    draft = versioning.restore_version(text=first, by=editor)

    assert draft.version == 3
    assert draft.title == "What is IOP, and how does it help?"
    assert not draft.is_published


def test_nothing_is_taken_up_over_a_draft(editor, article):
    first = Article.objects.get(pk=article.pk)
    write(article, editor, title="Half done")

    with pytest.raises(versioning.DraftExists):
        versioning.restore_version(text=first, by=editor)

    assert first.versions.first().title == "Half done"


def test_text_taken_off_is_read_again_once_a_version_is_published(client, editor, article):
    first = Article.objects.get(pk=article.pk)
    versioning.withdraw_text(text=article, by=editor)
    seen = [client.get("/learn/what-is-iop/").status_code]
    publish(versioning.restore_version(text=first, by=editor), editor)
    seen += [client.get("/learn/what-is-iop/").status_code]

    assert seen == [404, 200]
    assert states(first) == [(1, True, False), (2, True, True), (3, True, False)]


def test_draft_is_thrown_away_and_a_published_text_is_not(editor, article):
    first = Article.objects.get(pk=article.pk)
    draft = write(article, editor, title="Half done")
    versioning.discard_draft(text=draft, seen=draft.changed_at)

    with pytest.raises(versioning.WrongVersionState):
        versioning.discard_draft(text=first, seen=first.changed_at)

    assert states(first) == [(1, True, False)]


def test_review_holds_for_the_words_that_were_reviewed(editor, article):
    review = {"reviewed_by": "Ana Ruiz, LCSW", "reviewed_on": date(2026, 11, 1)}
    reviewed = write(article, editor, **review)
    publish(reviewed, editor)
    reviewed = Article.objects.get(pk=reviewed.pk)
    reordered = write(reviewed, editor, sort_order=9)
    assert (reordered.reviewed_by, reordered.reviewed_on) == tuple(review.values())

    rewritten = write(reordered, editor, body="New words.\n")

    assert (rewritten.reviewed_by, rewritten.reviewed_on) == ("", None)


def test_question_is_on_the_home_page_as_its_newest_version_says(client, editor):
    question = Question.objects.get(slug="work", language="en")
    publish(write(question, editor, is_on_home=False), editor)

    assert question.question.encode() not in client.get("/").content


def test_program_page_reads_its_newest_text(client, editor):
    text = Program.objects.get(slug="iop").texts.published().get(language="en")
    publish(write(text, editor, body="## One part\n\nShort.\n"), editor)

    html = client.get("/programs/iop/").content.decode()
    assert html.count('<section id="one-part" lang="en">') == 1
    assert "What a week looks like" not in html
