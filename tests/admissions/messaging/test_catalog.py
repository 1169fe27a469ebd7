"""Each kind of message is one entry of the catalog, and nothing else tells of it."""

import pytest
from django.db.models import Q

from admissions.messaging import catalog, eligibility, templates
from admissions.messaging.kinds import Check, Kind, Subject
from admissions.messaging.models import Message, MessageRule
from admissions.messaging.models.rules import REMINDER_KINDS


def literal_kinds(model, constraint) -> set[str]:
    """Every kind that the condition of a constraint names."""
    (found,) = [each for each in model._meta.constraints if each.name == constraint]
    kinds, left = set(), [found.condition]
    for each in left:
        if isinstance(each, Q):
            left.extend(each.children)
        elif each[0].startswith("kind"):
            kinds |= {each[1]} if isinstance(each[1], str) else set(each[1])
    return kinds


def about(*subjects) -> set[str]:
    return {kind for kind, entry in catalog.CATALOG.items() if entry.subject in subjects}


def test_every_kind_has_an_entry():
    assert set(catalog.CATALOG) == set(Kind)


def test_every_check_has_a_function():
    assert set(eligibility.CHECKS) == set(Check)


@pytest.mark.parametrize("kind", templates.list_editable_kinds())
def test_built_in_words_have_no_placeholder_that_nothing_fills(kind):
    words = templates.get_built_in_text(kind)

    said = f"{words.subject} {words.heading} {words.text}"
    assert templates.find_unknown_placeholders(kind, said) == []


def test_every_kind_with_a_rule_has_one_row(db):
    with_rules = [kind for kind, entry in catalog.CATALOG.items() if entry.rule]

    assert sorted(MessageRule.objects.values_list("kind", flat=True)) == sorted(with_rules)


def test_series_wait_longer_one_after_the_other(db):
    rules = MessageRule.objects.by_kind()
    names = {entry.series for entry in catalog.CATALOG.values() if entry.series}

    for name in names:
        delays = [rules[kind].delay for kind in catalog.list_series(name)]
        assert delays == sorted(set(delays))


@pytest.mark.parametrize(
    ("constraint", "subjects"),
    [
        ("message_about_an_offer", [Subject.OFFER]),
        ("message_about_a_shortage", [Subject.SHORTAGE]),
        ("message_about_an_account", [Subject.ACCOUNT]),
        ("message_to_a_colleague", [Subject.ACCOUNT, Subject.ALARM, Subject.ALERT]),
        (
            "message_is_about_someone_or_for_staff",
            [Subject.SHORTAGE, Subject.DAY, Subject.ACCOUNT, Subject.ALARM, Subject.ALERT],
        ),
    ],
)
def test_database_names_the_kinds_of_the_catalog(constraint, subjects):
    assert literal_kinds(Message, constraint) == about(*subjects)


def test_database_knows_which_have_a_lead():
    assert set(REMINDER_KINDS) == {kind for kind in Kind if catalog.has_lead(kind)}


def test_new_kind_changes_no_table():
    for model in (Message, MessageRule):
        _name, path, _args, options = model._meta.get_field("kind").deconstruct()

        assert (path, "choices" in options) == ("django.db.models.CharField", False)
