"""Crisis lines: nobody deletes 988 or 911, and nobody changes a line alone or in one language."""

import pytest
from django.db import Error, transaction

from admissions.audit.models import AuditEvent
from admissions.crisis_lines import changes
from admissions.exceptions import ActionNotAllowed
from programs.models import CrisisLine, CrisisLineChange, Translation
from tests.support.factories import make_user

LIST = "/admin/programs/crisisline/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(client):
    user = make_user("content editor")
    client.force_login(user)
    return user


@pytest.fixture
def line():
    return CrisisLine.objects.get(slug="988")


def spoken(line):
    """What visitors read of a line now, in Spanish, by its English."""
    known = changes.current_words("es")
    return {english: known[english] for name in changes.SPOKEN if (english := getattr(line, name))}


def ask(line, by, *, words=None, **values):
    return changes.ask(
        by=by,
        line_id=line.pk,
        values=values,
        translations={"es": spoken(line) if words is None else words},
    )


def test_second_person_changes_a_line(line, editor):
    change = ask(line, editor, phone="741741")
    assert CrisisLine.objects.get(slug="988").phone == "988"

    changes.approve(change_id=change.pk, by=make_user("director"))

    assert CrisisLine.objects.get(slug="988").phone == "741741"
    event = AuditEvent.objects.get(type="record_changed", object_type="crisisline")
    assert (event.fields, event.detail["asked_by"]) == (["phone"], editor.pk)


def test_words_of_both_languages_change_together(line, editor):
    words = spoken(line) | {"call or chat with 988": "llame o escriba al 988"}
    change = ask(line, editor, words=words, action="call or chat with 988")

    changes.approve(change_id=change.pk, by=make_user("content editor"))

    shown = Translation.objects.get(english="call or chat with 988")
    assert (shown.text, shown.translated_from) == ("llame o escriba al 988", "")


def test_line_without_spanish_is_not_asked_for(line, editor):
    with pytest.raises(ActionNotAllowed):
        ask(line, editor, action="call or chat with 988")

    assert not CrisisLineChange.objects.exists()


def test_nobody_approves_what_they_asked_for(line, editor):
    change = ask(line, editor, phone="741741")

    with pytest.raises(ActionNotAllowed):
        changes.approve(change_id=change.pk, by=editor)


def test_whoever_keeps_no_lines_decides_nothing(line, editor):
    change = ask(line, editor, phone="741741")

    with pytest.raises(ActionNotAllowed):
        changes.approve(change_id=change.pk, by=make_user("coordinator"))


def test_declined_and_replaced_are_never_made(line, editor):
    old, new = ask(line, editor, phone="741741"), ask(line, editor, phone="741742")
    boss = make_user("director")

    with pytest.raises(ActionNotAllowed):
        changes.approve(change_id=old.pk, by=boss)
    changes.decline(change_id=new.pk, by=boss)

    with pytest.raises(ActionNotAllowed):
        changes.approve(change_id=new.pk, by=boss)
    assert CrisisLine.objects.get(slug="988").phone == "988"


@pytest.mark.parametrize("slug", ["911", "988"])
def test_postgres_refuses_to_delete_a_guarded_line(slug):
    with pytest.raises(Error, match="crisis_line_guarded"), transaction.atomic():
        CrisisLine.objects.filter(slug=slug).delete()


@pytest.mark.parametrize("columns", [{"is_active": False}, {"phone": "1"}, {"slug": "other"}])
def test_postgres_refuses_a_change_that_nobody_approved(columns):
    with pytest.raises(Error, match="crisis_line_guarded"), transaction.atomic():
        CrisisLine.objects.filter(slug="988").update(**columns)


def test_postgres_takes_what_was_approved_and_no_more(line, editor):
    change = ask(line, editor, phone="741741")
    changes.approve(change_id=change.pk, by=make_user("director"))

    with pytest.raises(Error, match="crisis_line_guarded"), transaction.atomic():
        CrisisLine.objects.filter(slug="988").update(phone="741742")
    with pytest.raises(Error, match="crisis_line_guarded"), transaction.atomic():
        CrisisLine.objects.filter(slug="988").update(is_active=False)


@pytest.mark.parametrize("by", ["editor", None])
def test_postgres_refuses_an_approval_by_one_person(request, line, editor, by):
    change = ask(line, editor, phone="741741")
    decided_by = request.getfixturevalue(by) if by else None

    with pytest.raises(Error), transaction.atomic():
        CrisisLineChange.objects.filter(pk=change.pk).update(
            outcome="approved", decided_at=change.asked_at, decided_by=decided_by
        )


def typed(client, line, **more):
    """What the page of a line sends, as it stands."""
    form = client.get(f"{LIST}{line.pk}/change/").context["adminform"].form
    shown = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in shown.items() if value not in (None, False)} | more


def test_editor_asks_on_the_page_and_a_director_approves(client, line, editor):
    client.post(
        f"{LIST}{line.pk}/change/", typed(client, line, note="Day and night", note_es="24 h")
    )
    change = CrisisLineChange.objects.get()

    alone = client.post(f"{LIST}changes/{change.pk}/", {"answer": "approve"}, follow=True)
    client.force_login(make_user("director"))
    today = client.get("/admin/").context["crisis_line_changes"]
    client.post(f"{LIST}changes/{change.pk}/", {"answer": "approve"})

    assert not alone.context["rows"][0].may_decide
    assert today == 1
    assert CrisisLine.objects.get(slug="988").note == "Day and night"
    assert changes.current_words("es")["Day and night"] == "24 h"


def test_page_asks_for_the_words_of_each_language(client, line, editor):
    answer = client.post(
        f"{LIST}{line.pk}/change/", typed(client, line, note="Day and night", note_es="")
    )

    assert list(answer.context["adminform"].form.errors) == ["note_es"]
    assert not CrisisLineChange.objects.exists()


def test_page_without_a_difference_asks_nobody(client, line, editor):
    client.post(f"{LIST}{line.pk}/change/", typed(client, line))

    assert not CrisisLineChange.objects.exists()


def test_new_line_waits_too(client, line, editor):
    new = typed(client, line, slug="trevor", phone="18664887386", sms="", sms_words="")
    client.post(f"{LIST}add/", new)
    assert not CrisisLine.objects.filter(slug="trevor").exists()

    changes.approve(change_id=CrisisLineChange.objects.get().pk, by=make_user("director"))

    assert CrisisLine.objects.get(slug="trevor").phone == "18664887386"


def test_admin_offers_no_way_to_delete_a_line(client, line, editor):
    assert "delete" not in client.get(f"{LIST}{line.pk}/change/").content.decode()
    assert client.post(f"{LIST}{line.pk}/delete/", {"post": "yes"}).status_code == 403


def test_spanish_of_a_line_is_no_plain_translation(client, line, editor):
    words = Translation.objects.get(english=line.action)
    page = f"/admin/programs/translation/{words.pk}/"

    changed = client.post(
        f"{page}change/", {"language": "es", "english": words.english, "text": "x"}
    )
    deleted = client.post(f"{page}delete/", {"post": "yes"})

    assert (changed.status_code, deleted.status_code) == (403, 403)
