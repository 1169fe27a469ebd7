"""What every public page says of the center, asked of the database only when drawn."""

import json
from datetime import date
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connection, models
from django.db.models.functions import JSONObject
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property

from .models import (
    Credential,
    CrisisLine,
    Facility,
    Location,
    Membership,
    Page,
    SocialLink,
    Translation,
    best_language_texts,
)


class Center:
    """The facts in the frame of a page: one query for them all, on first use."""

    site_url = settings.SITE_URL

    @cached_property
    def frame(self) -> dict:
        return load_frame(on=timezone.localdate())

    @property
    def facility(self) -> Facility | None:
        return next(iter(self.frame["facility"]), None)

    @property
    def locations(self) -> list[Location]:
        return [each for each in self.frame["locations"] if each.is_open]

    @property
    def credentials(self) -> list[Credential]:
        return self.frame["credentials"]

    @property
    def memberships(self) -> list[Membership]:
        return self.frame["memberships"]

    @property
    def social_links(self) -> list[SocialLink]:
        return self.frame["social_links"]

    @cached_property
    def pages(self) -> list[Page]:
        """The legal pages in force, in the foot's order."""
        texts = best_language_texts(self.frame["pages"])
        return sorted(texts, key=lambda page: (page.sort_order, page.slug))

    @property
    def crisis_lines(self) -> list[CrisisLine]:
        return self.frame["crisis_lines"]

    @property
    def compact_crisis_lines(self) -> list[CrisisLine]:
        return [line for line in self.crisis_lines if line.is_compact]

    @cached_property
    def translations(self) -> dict[str, str]:
        """English line to its translation; empty, without a query, on English pages."""
        return Translation.objects.lines()


def center(request: HttpRequest) -> dict[str, Center]:
    return {"center": Center()}


def frame_querysets(on: date) -> dict:
    """What the frame shows on a day."""
    return {
        "facility": Facility.objects.all(),
        "locations": Location.objects.all(),
        "credentials": Credential.objects.shown(),
        "memberships": Membership.objects.current(on=on),
        "social_links": SocialLink.objects.filter(is_shown=True),
        "pages": Page.objects.in_force(on=on),
        "crisis_lines": CrisisLine.objects.active(),
    }


def load_frame(*, on: date) -> dict[str, list]:
    """The rows of the frame by name, as model instances, from one query."""
    sql, params = frame_query(on)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return parse_frame(cursor.fetchone()[0])


@lru_cache(maxsize=8)
def parse_frame(text: str) -> dict[str, list]:
    """The instances that a JSON text of the frame stands for; nobody may change them."""
    found, asked = json.loads(text), frame_querysets(timezone.localdate())
    frame: dict[str, list[Any]] = {
        name: [build_instance(asked[name].model, row) for row in rows]
        for name, rows in found.items()
    }
    locations = {each.pk: each for each in frame["locations"]}
    for credential in frame["credentials"]:
        credential.location = locations[credential.location_id]
    return frame


@lru_cache(maxsize=2)
def frame_query(on: date) -> tuple[str, tuple]:
    """One SQL statement for everything in the frame; it is the same all day."""
    parts, all_params = [], []
    for name, queryset in frame_querysets(on).items():
        columns = [field.attname for field in queryset.model._meta.concrete_fields]
        rows = queryset.values(row=JSONObject(**{each: each for each in columns if each != "body"}))
        sql, params = rows.query.sql_with_params()
        parts.append(f"'{name}', ARRAY({sql})")
        all_params += params
    return f"SELECT json_build_object({', '.join(parts)})::text", tuple(all_params)


def build_instance(model: type[models.Model], row: dict) -> models.Model:
    """A row of JSON as the instance that a query would give."""
    fields = [field for field in model._meta.concrete_fields if field.attname in row]
    values = [field.to_python(row[field.attname]) for field in fields]
    return model.from_db(None, [field.attname for field in fields], values)
