"""Brings all that FIELD_KEYS protects under its newest key; killed halfway, a next run goes on."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pgtrigger
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, models, transaction
from django.db.models import Q

from admissions.accounts.models import Session
from admissions.encryption import (
    PREFIX_LENGTH,
    current_keys,
    decrypt_text,
    encrypt_text,
    fields_of,
    key_prefix,
)
from admissions.intake.models import ConsultationRequest, Suppression
from admissions.intake.models.search_tokens import SEARCHED_FIELDS, key_token, make_tokens
from admissions.intake.models.suppressions import older_hashes

BATCH = 200
# What allauth keeps sealed, each among other data.
FACTOR_SECRETS = {"secret"}


class Command(BaseCommand):
    help = (
        "Seals all encrypted texts, search tokens and suppressions under the first of FIELD_KEYS,"
        " and says how much still needs the others. Safe beside running web and worker, once"
        " they have the new key; run it again as often as you like."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_if_key_is_missing(count_by_key())
        for model in encrypted_models():
            self.tell(model, "texts", work_in_batches(to_seal(model), seal_again))
        renewed = work_in_batches(to_renew(), renew_tokens)
        self.tell(ConsultationRequest, "search tokens", renewed)
        self.tell(Suppression, "hashes", rehash_suppressions())
        self.tell(Authenticator, "secrets", sum(map(seal_factor_again, factors_to_seal())))
        for line in describe_remains(count_by_key()):
            self.stdout.write(line)

    def tell(self, model: type[models.Model], what: str, rows: int) -> None:
        self.stdout.write(f"{model._meta.label}, {what}: {rows} rows brought under the newest key")


def encrypted_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if fields_of(model)]


def work_in_batches(rows: models.QuerySet, work: Callable[[list[Any]], None]) -> int:
    """Return how many rows were worked on, locked in short transactions in the order of their keys.

    What is done falls out of `rows` by itself, so a run that was killed begins where it ended.
    """
    done, ahead = 0, rows.order_by("pk")
    while True:
        with transaction.atomic():
            batch = list(ahead.select_for_update()[:BATCH])
            if not batch:
                return done
            work(batch)
        done, ahead = done + len(batch), ahead.filter(pk__gt=batch[-1].pk)


# Texts


def to_seal(model: type[models.Model]) -> models.QuerySet:
    """Rows with a text under an older key, and none that no key opens."""
    newest, *older = map(key_prefix, current_keys())
    names = [each.name for each in fields_of(model)]
    is_old, is_readable = Q(pk__in=[]), Q()
    for name in names:
        is_old |= Q(**{f"{name}__sealed_by": older})
        is_readable &= Q(**{name: ""}) | Q(**{f"{name}__sealed_by": [newest, *older]})
    return model._base_manager.filter(is_old, is_readable).only("pk", *names)


def seal_again(batch: list[models.Model]) -> None:
    """The same texts, so the words of permanent rows stay."""
    model = type(batch[0])
    names = [each.name for each in fields_of(model)]
    with allowing_changes(model):
        for row in batch:
            texts = {name: getattr(row, name) for name in names}
            model._base_manager.filter(pk=row.pk).update(**texts)


@contextmanager
def allowing_changes(model: type[models.Model]) -> Iterator[None]:
    """Within a transaction, pass over what keeps permanent rows from being changed: sealing the
    same words anew is no change.

    `pgtrigger.ignore` would put a statement before each of ours, and two in one Postgres does not
    bind values to.
    """
    triggers = permanence_triggers(model)
    passed = ",".join(each.get_pgid(model) for each in triggers)  # type: ignore[arg-type]
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pgtrigger.ignore', %s, true)", [f"{{{passed}}}"])
        yield
        cursor.execute("SELECT set_config('pgtrigger.ignore', NULL, true)")


def permanence_triggers(model: type[models.Model]) -> list[pgtrigger.Trigger]:
    return [
        trigger
        for owner, trigger in pgtrigger.registered()
        if owner._meta.label == model._meta.label
        and isinstance(trigger, pgtrigger.Protect)
        and trigger.level == pgtrigger.Row
    ]


# Search tokens and hashes


def to_renew() -> models.QuerySet:
    """Requests whose tokens an older key made, and whose texts can be read.

    Once personal data was removed there are no tokens, and none may come back.
    """
    newest, *older = current_keys()
    is_readable = Q()
    for name in SEARCHED_FIELDS - {"reference"}:
        known = [key_prefix(each) for each in (newest, *older)]
        is_readable &= Q(**{name: ""}) | Q(**{f"{name}__sealed_by": known})
    of_someone = ConsultationRequest._base_manager.filter(anonymized_at=None)
    rows = of_someone.exclude(search_tokens__contains=[key_token(newest)])
    return rows.filter(is_readable).only(*SEARCHED_FIELDS)


def renew_tokens(batch: list[ConsultationRequest]) -> None:
    for request in batch:
        row = ConsultationRequest._base_manager.filter(pk=request.pk)
        row.update(search_tokens=make_tokens(request))


def rehash_suppressions() -> int:
    """Those of addresses that some request still holds; others wait until they are met again."""
    newest = key_prefix(current_keys()[0])
    waiting = set(
        Suppression.objects.exclude(sha256__startswith=newest).values_list("sha256", flat=True)
    )
    if not waiting:
        return 0
    known = [key_prefix(each) for each in current_keys()]
    holding = ConsultationRequest._base_manager.filter(email__sealed_by=known).order_by("pk")
    rows, done = holding.values_list("pk", "email"), 0
    # In batches, as there is no cursor on the server: a pooler may stand between.
    ahead = rows
    while batch := list(ahead[:BATCH]):
        for _pk, email in batch:
            if not waiting.isdisjoint(older_hashes(email)):
                with transaction.atomic():
                    done += Suppression.objects.rehash(email)
        ahead = rows.filter(pk__gt=batch[-1][0])
    return done


# Second factors


def factors_to_seal() -> list[int]:
    older = [key_prefix(each) for each in current_keys()[1:]]
    return [
        row.pk
        for row in Authenticator.objects.order_by("pk")
        if any(sealed.startswith(tuple(older)) for sealed in sealed_secrets(row))
    ]


@transaction.atomic
def seal_factor_again(pk: int) -> int:
    row = Authenticator.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        return 0
    kept = FACTOR_SECRETS & row.data.keys()
    row.data |= {name: encrypt_text(decrypt_text(row.data[name])) for name in kept}
    row.save(update_fields=["data"])
    return 1


def sealed_secrets(row: Authenticator) -> list[str]:
    return [row.data[name] for name in FACTOR_SECRETS if name in row.data]


# What is left


def count_by_key() -> dict[str, Counter[str]]:
    """How many values stand under each prefix of a key, by where they are."""
    counts: dict[str, Counter[str]] = {}
    for model in encrypted_models():
        for field in fields_of(model):
            add_counts(counts, model, field.name)
    add_counts(counts, Suppression, "sha256")
    add_counts(counts, Session, "session_data")
    for row in Authenticator.objects.all():
        for sealed in sealed_secrets(row):
            add_count(counts, sealed[:PREFIX_LENGTH], Authenticator, "data", 1)
    made = ConsultationRequest._base_manager
    for key in current_keys():
        number = made.filter(search_tokens__contains=[key_token(key)]).count()
        add_count(counts, key_prefix(key), ConsultationRequest, "search_tokens", number)
    return counts


def add_counts(counts: dict[str, Counter[str]], model: type[models.Model], column: str) -> None:
    quote = connection.ops.quote_name
    name, table = quote(column), quote(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT left({name}, %s), count(*) FROM {table} WHERE {name} <> '' GROUP BY 1",  # noqa: S608  names of ours
            [PREFIX_LENGTH],
        )
        for prefix, number in cursor.fetchall():
            add_count(counts, prefix, model, column, number)


def add_count(
    counts: dict[str, Counter[str]],
    prefix: str,
    model: type[models.Model],
    column: str,
    number: int,
) -> None:
    if number:
        counts.setdefault(prefix, Counter())[f"{model.__name__}.{column}"] += number


def refuse_if_key_is_missing(counts: dict[str, Counter[str]]) -> None:
    """Raise CommandError where no key opens anything of what there is, sessions aside, which any
    new key begins to seal: FIELD_KEYS has not the key in use."""
    kept = {prefix: Counter(left) for prefix, left in counts.items()}
    for left in kept.values():
        left.pop("Session.session_data", None)
    known = {key_prefix(key) for key in current_keys()}
    sealed = {prefix for prefix, left in kept.items() if left}
    if sealed and not sealed & known:
        raise CommandError(
            f"No key of FIELD_KEYS opens any of {describe_places(sum(kept.values(), Counter()))}:"
            " name the key that is in use after the new one. Nothing was changed."
        )


def describe_remains(counts: dict[str, Counter[str]]) -> Iterator[str]:
    """One line for each older key, whether it may go; and one for what no key opens."""
    for place, key in enumerate(current_keys()[1:], start=2):
        left = counts.pop(key_prefix(key), Counter())
        told = f"must stay: {describe_places(left)}" if left else "may go: nothing is under it"
        yield f"Key {place} of FIELD_KEYS {told}"
    counts.pop(key_prefix(current_keys()[0]), None)
    if unknown := sum(counts.values(), Counter()):
        yield f"No key of FIELD_KEYS opens {describe_places(unknown)}"


def describe_places(left: Counter[str]) -> str:
    places = ", ".join(f"{where} {number}" for where, number in sorted(left.items()))
    return f"{left.total()} values ({places})"
