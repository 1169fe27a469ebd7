"""Seals every encrypted text anew, under the newest key; run it after SECRET_KEY has changed."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pgtrigger
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import models, transaction

from admissions.encryption import EncryptedTextField, decrypt_text, encrypt_text

BATCH = 500


class Command(BaseCommand):
    help = "Seals all encrypted texts under the newest SECRET_KEY; then the old one may go."

    def handle(self, *args: Any, **options: Any) -> None:
        for model in apps.get_models():
            names = encrypted_fields(model)
            if names:
                count = sum(reencrypt_rows(model, names, keys) for keys in batches(model))
                self.stdout.write(f"{model._meta.label}: {count} rows, {', '.join(names)}")
        self.stdout.write(f"{Authenticator._meta.label}: {reencrypt_factors()} rows, data")


def encrypted_fields(model: type[models.Model]) -> list[str]:
    return [each.name for each in model._meta.fields if isinstance(each, EncryptedTextField)]


def batches(model: type[models.Model]) -> Iterator[list[Any]]:
    """Every primary key there is, in lists."""
    keys = list(model._default_manager.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        yield keys[start : start + BATCH]


@transaction.atomic
def reencrypt_rows(model: type[models.Model], names: list[str], keys: list) -> int:
    """Locked, so that no change made meanwhile is lost; the words of permanent rows stay."""
    rows = list(model._default_manager.select_for_update().filter(pk__in=keys))
    with ExitStack() as stack:
        for uri in permanence_triggers(model):
            stack.enter_context(pgtrigger.ignore(uri))
        for row in rows:
            model._default_manager.filter(pk=row.pk).update(
                **{name: getattr(row, name) for name in names}
            )
    return len(rows)


@transaction.atomic
def reencrypt_factors() -> int:
    """The secrets that allauth keeps, each among other data."""
    rows = list(Authenticator.objects.select_for_update())
    for row in rows:
        sealed = {"secret", "seed"} & row.data.keys()
        row.data |= {name: encrypt_text(decrypt_text(row.data[name])) for name in sealed}
        row.save(update_fields=["data"])
    return len(rows)


def permanence_triggers(model: type[models.Model]) -> list[str]:
    """What keeps the rows from being changed; sealing the same words anew is no change."""
    return [
        f"{model._meta.label}:{trigger.name}"
        for owner, trigger in pgtrigger.registered()
        if owner._meta.label == model._meta.label and (trigger.name or "").endswith("_is_permanent")
    ]
