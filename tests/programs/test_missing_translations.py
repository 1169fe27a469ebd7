"""What another language lacks is told at the desk, and never shown beside other English."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from admissions.audit.models import AuditEvent
from programs.missing_translations import find_missing
from programs.models import (
    Article,
    ComparisonCell,
    ComparisonRow,
    Credential,
    Facility,
    Page,
    Program,
    ProgramText,
    Question,
    Translation,
)
from programs.translatable_fields import carry_line, untranslated_lines
from tests.support.factories import make_user
from tests.support.queries import queries

pytestmark = pytest.mark.django_db

LIST = "/admin/programs/translation/missing/"
TAG, NEW_TAG = "Live at home", "Sleep at home"


@pytest.fixture
def editor(client):
    client.force_login(make_user("content editor"))
    return client


def screen(row, name="change"):
    return reverse(f"admin:programs_{row._meta.model_name}_{name}", args=[row.pk])


def drawn(form):
    values = {form.add_prefix(name): form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value not in (None, False)}


def save(client, row, **changes):
    """What a browser would send, its rows within rows too; returns what the desk says."""
    page = client.get(screen(row)).context
    sent = drawn(page["adminform"].form)
    for each in page["inline_admin_formsets"]:
        sent |= drawn(each.formset.management_form)
        for form in each.formset.forms:
            sent |= drawn(form)
    answer = client.post(screen(row), sent | changes, follow=True)
    return [str(each) for each in answer.context["messages"]]


def missing(language="es"):
    return {each.english: each for each in find_missing().get(language, [])}


def test_site_lacks_nothing_when_it_is_new():
    assert find_missing() == {}


def test_changed_line_is_told_with_the_english_that_its_words_were_made_from(editor):
    program = Program.objects.get(tag=TAG)

    said = save(editor, program, tag=NEW_TAG)

    spanish = Translation.objects.get(english=NEW_TAG)
    assert (spanish.translated_from, spanish.text) == (TAG, "Usted vive en casa")
    assert missing()[NEW_TAG].before == TAG
    assert missing()[NEW_TAG].url == screen(spanish)
    assert "Visitors of another language read 1 changed line in English for now." in said[0]
    assert f'<a href="{LIST}">Translations to write</a>' in said[0]


def test_words_of_older_english_are_not_shown_beside_the_new(editor, client):
    save(editor, Program.objects.get(tag=TAG), tag=NEW_TAG)

    page = client.get("/es/programs/").content.decode()

    assert NEW_TAG in page
    assert "Usted vive en casa" not in page
    assert untranslated_lines("es") == [NEW_TAG]


def test_saving_a_translation_says_that_it_fits(editor, client):
    save(editor, Program.objects.get(tag=TAG), tag=NEW_TAG)
    spanish = Translation.objects.get(english=NEW_TAG)
    form = editor.get(screen(spanish)).content.decode()

    save(editor, spanish, text="Dormir en casa")

    assert TAG in form
    assert find_missing() == {}
    assert "Dormir en casa" in client.get("/es/programs/").content.decode()
    assert TAG not in editor.get(screen(spanish)).content.decode()


def test_line_of_a_row_within_a_row_carries_its_words_too(editor):
    cell = ComparisonCell.objects.get(text="Usually higher")
    row = ComparisonRow.objects.get(cells=cell)
    at = [each.pk for each in row.cells.all()].index(cell.pk)

    save(editor, row, **{f"cells-{at}-text": "Often higher"})

    assert missing()["Often higher"].before == "Usually higher"
    assert missing()["Often higher"].place == "Comparison cell: text"


def test_row_that_is_emptied_and_deleted_asks_for_no_words(editor):
    row = ComparisonRow.objects.first()

    said = save(editor, row, **{"cells-0-text": "", "cells-0-DELETE": "on"})

    assert row.cells.count() == 2
    assert not any("English for now" in each for each in said)


def test_line_that_changes_twice_remembers_the_one_that_was_translated(editor):
    program = Program.objects.get(tag=TAG)
    save(editor, program, tag=NEW_TAG)

    save(editor, program, tag="Home every night")

    assert missing().keys() == {"Home every night"}
    assert missing()["Home every night"].before == TAG


def test_line_that_goes_back_reads_as_before(editor):
    program = Program.objects.get(tag=TAG)
    save(editor, program, tag=NEW_TAG)

    said = save(editor, program, tag=TAG)

    assert find_missing() == {}
    assert not any("English for now" in each for each in said)


def test_line_that_has_words_of_its_own_keeps_them():
    Translation.objects.create(language="es", english=NEW_TAG, text="Dormir en casa")

    carry_line(before=TAG, after=NEW_TAG)

    spanish = Translation.objects.get(english=NEW_TAG)
    assert (spanish.text, spanish.translated_from) == ("Dormir en casa", "")


def test_line_that_other_rows_still_say_keeps_its_words(editor):
    row = ComparisonRow.objects.first()
    Facility.objects.update(promise=row.label)

    save(editor, row, label="A new label")

    assert missing().keys() == {"A new label"}


def test_line_changed_behind_the_desk_is_told_as_unwritten():
    ComparisonCell.objects.filter(text="Usually higher").update(text="Often higher")

    found = missing()["Often higher"]

    assert not found.is_outdated
    assert found.url == ("/admin/programs/translation/add/?language=es&english=Often+higher")
    assert Translation.objects.filter(english="Usually higher").exists()


def test_words_of_the_state_are_told_too():
    Translation.objects.filter(english=Credential.PHRASES["certified"]).delete()

    assert missing()[Credential.PHRASES["certified"]].place == "The state's words"


# Long texts


def publish(text, **changes):
    """A new version of a text, as an editor publishes it a moment later."""
    newest = text.versions.first()
    values = {name: getattr(newest, name) for name in (*newest.TEXT_IDENTITY, *newest.TEXT_FIELDS)}
    if isinstance(newest, Page):
        values["effective_on"] = newest.effective_on
    later = timezone.now() + timedelta(seconds=newest.version)
    return type(newest).objects.create(
        **values | {"version": newest.version + 1, "is_published": True, "published_at": later}
        | changes
    )  # fmt: skip


@pytest.mark.parametrize("model", [Article, Page, ProgramText, Question])
def test_text_whose_english_was_published_since_is_told(model):
    english = model.objects.filter(language="en").first()
    spanish = model.objects.get(**english.key | {"language": "es"})

    publish(english)

    (found,) = missing().values()
    assert (found.is_outdated, found.url) == (True, screen(spanish))


def test_text_that_was_published_after_its_english_is_as_it_should_be():
    english = Article.objects.get(slug="what-is-iop", language="en")
    spanish = Article.objects.get(slug="what-is-iop", language="es")
    publish(english)

    publish(spanish, published_at=timezone.now() + timedelta(minutes=1))

    assert find_missing() == {}


def test_english_draft_asks_for_no_words():
    publish(
        Article.objects.get(slug="what-is-iop", language="en"),
        is_published=False, published_at=None,
    )  # fmt: skip

    assert find_missing() == {}


def test_text_that_a_language_lacks_is_begun_from_the_list(editor):
    Article.objects.create(slug="new", title="New", summary="-", body="-", is_published=True)

    found = missing()["New"]
    form = editor.get(found.url).context["adminform"].form

    assert not found.is_outdated
    assert (form["slug"].value(), form["language"].value()) == ("new", "es")


def test_words_that_wait_as_a_draft_are_gone_on_with():
    Article.objects.create(slug="new", title="New", summary="-", body="-", is_published=True)
    draft = Article.objects.create(slug="new", title="Nuevo", summary="-", body="-", language="es")

    assert missing()["New"].url == screen(draft)


def test_text_that_was_taken_off_in_one_language_is_told():
    spanish = Article.objects.get(slug="what-is-iop", language="es")

    off = publish(spanish, is_withdrawn=True)

    (found,) = missing().values()
    assert (found.is_outdated, found.url) == (False, screen(off))


def test_page_is_told_before_it_takes_effect():
    english = Page.objects.get(slug="terms", language="en")

    publish(english, effective_on=timezone.localdate() + timedelta(days=30))

    assert missing()[english.title].is_outdated


# The desk


def test_list_tells_each_language_with_its_count(editor, settings):
    settings.LANGUAGES = [*settings.LANGUAGES, ("vi", "Vietnamese")]
    save(editor, Program.objects.get(tag=TAG), tag=NEW_TAG)

    page = editor.get(LIST)

    assert list(page.context["missing"]) == ["es", "vi"]
    html = page.content.decode()
    assert "Spanish: 1" in html
    assert f"It was: “{TAG}”" in html
    assert page.context["count"] == 1 + len(page.context["missing"]["vi"])


def test_list_is_said_to_be_empty(editor):
    assert "every line and text reads in every language" in editor.get(LIST).content.decode()


def test_first_page_of_the_desk_leads_to_the_list(editor):
    before = editor.get("/admin/").content.decode()
    save(editor, Program.objects.get(tag=TAG), tag=NEW_TAG)

    after = editor.get("/admin/").content.decode()

    assert LIST not in before
    assert f'<a href="{LIST}">Spanish: 1</a>' in after


def test_list_of_translations_leads_to_what_is_missing(editor):
    page = editor.get("/admin/programs/translation/").content.decode()

    assert f'href="{LIST}">Translations to write</a>' in page


def test_list_is_for_those_who_keep_the_content(client):
    client.force_login(make_user("coordinator"))

    assert client.get(LIST).status_code == 403


def test_list_asks_as_much_for_many_texts(editor):
    before = queries(editor, LIST)
    Article.objects.bulk_create(
        Article(slug=f"a{n}", title="A", summary="-", body="-", is_published=True)
        for n in range(15)
    )
    Program.objects.bulk_create(
        Program(slug=f"p{n}", name=f"P{n}", tag="New", summary="New", lede="New", link_text="New")
        for n in range(15)
    )
    ProgramText.objects.bulk_create(
        ProgramText(program=program, body="## A\n", is_published=True)
        for program in Program.objects.filter(tag="New")
    )

    assert queries(editor, LIST) == before


# Behind: flagged where a text is found and changed, until it is published or said to be right

ARTICLES = "/admin/programs/article/"


@pytest.fixture
def behind():
    """A Spanish article whose English was published after it."""
    english = Article.objects.get(slug="what-is-iop", language="en")
    publish(english, title="IOP, anew", published_at=timezone.now())
    return Article.objects.get(slug="what-is-iop", language="es")


def found_behind(editor) -> list:
    return [*editor.get(ARTICLES, {"translation": "behind"}).context["cl"].result_list]


def test_text_behind_its_english_is_flagged_in_the_list_and_on_its_page(editor, behind):
    assert editor.get(ARTICLES).content.decode().count("Spanish is behind") == 1
    assert found_behind(editor) == [behind]
    page = editor.get(screen(behind)).content.decode()
    assert "The English was published on" in page
    assert f'action="{screen(behind, "still_right")}"' in page


def test_text_that_is_said_to_be_right_is_not_behind_any_more(editor, behind):
    editor.post(screen(behind, "still_right"))

    now = Article.objects.published().get(slug="what-is-iop", language="es")
    assert (now.version, now.body, now.reviewed_by) == (2, behind.body, behind.reviewed_by)
    assert now.published_by.groups.get().name == "content editor"
    assert found_behind(editor) == []
    assert AuditEvent.objects.filter(object_id=str(now.pk), fields=["published_at"]).exists()


def test_draft_is_published_and_not_said_to_be_right(editor, behind):
    draft = publish(behind, is_published=False, published_at=None)

    page = editor.get(screen(draft)).content.decode()
    editor.post(screen(behind, "still_right"))

    assert "Publish this draft once it says the same." in page
    assert found_behind(editor) == [draft]


def test_line_behind_its_english_is_found_by_the_filter(editor):
    save(editor, Program.objects.get(tag=TAG), tag=NEW_TAG)

    page = editor.get("/admin/programs/translation/", {"translation": "behind"})

    assert [each.english for each in page.context["cl"].result_list] == [NEW_TAG]
