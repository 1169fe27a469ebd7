"""What the outbox can be narrowed by: a state, a kind, and for whom."""

from typing import TYPE_CHECKING, cast

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from admissions.messaging.models import Message
from admissions.messaging.models.messages import MessageQuerySet

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class StateFilter(admin.SimpleListFilter):
    """The chips above the list: what is still owed, unless something else is asked for."""

    title = _("state")
    parameter_name = "show"
    OWED, ALL = "owed", "all"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> "list[tuple[str, StrOrPromise]]":
        State = Message.State  # noqa: N806
        return [
            (self.OWED, _("To go")),
            (State.RETRYING, _("Delayed")),
            (State.FAILED, _("Failed for good")),
            (State.BOUNCED, _("Came back")),
            (State.SKIPPED, _("Not sent")),
            (State.SENT, _("Sent")),
            (self.ALL, _("All")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        shown = shown_state(request)
        if shown == self.ALL:
            return queryset
        return (
            cast(MessageQuerySet, queryset).unfinished()
            if shown == self.OWED
            else queryset.filter(state=shown)
        )


class KindFilter(admin.SimpleListFilter):
    title = _("kind")
    parameter_name = "kind"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> "list[tuple[str, StrOrPromise]]":
        return [(str(kind), label) for kind, label in Message.Kind.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        known = self.value() in Message.Kind.values
        return queryset.filter(kind=self.value()) if known else queryset


class AudienceFilter(admin.SimpleListFilter):
    title = _("for whom")
    parameter_name = "for"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> "list[tuple[str, StrOrPromise]]":
        return [("requesters", _("Requesters")), ("staff", _("Staff"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "staff":
            return queryset.filter(kind__in=Message.STAFF_KINDS)
        return queryset.exclude(kind__in=Message.STAFF_KINDS) if self.value() else queryset


def shown_state(request: HttpRequest) -> str:
    known = {StateFilter.ALL, *Message.State.values}
    shown = request.GET.get(StateFilter.parameter_name)
    return shown if shown in known else StateFilter.OWED


def state_links(changes: ChangeList, request: HttpRequest) -> list[dict]:
    """The chips: each state with the address that shows it and keeps the other filters."""
    shown = shown_state(request)
    [by_state] = [each for each in changes.filter_specs if isinstance(each, StateFilter)]
    return [
        {
            "name": name,
            "query": changes.get_query_string({StateFilter.parameter_name: key}, ["p"]),
            "is_shown": key == shown,
        }
        for key, name in by_state.lookup_choices
    ]
