"""The triage list: what narrows it, and the views of it that staff keep."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .. import cards, clocks, desk, live, looks, narrowing, queues, saved_views
from ..fields import PlainTextField
from ..models import AuditEvent, MoveNotAllowed, SavedView
from .forms import permitted_outcomes, theirs

LIST = "admin:admissions_consultationrequest_changelist"


def filter_of(each: narrowing.Narrowing) -> type[admin.SimpleListFilter]:
    """One narrowing as the admin asks for it; a code that is not ours narrows nothing."""

    class CodeFilter(admin.SimpleListFilter):
        title = each.name
        parameter_name = each.key

        def lookups(self, request, model_admin):
            return [(str(code), name) for code, name in each.choices(request.user)]

        def queryset(self, request, queryset):
            code = narrowing.known(self.value() or "", self.lookup_choices)
            return queryset.filter(each.which(code, request.user)) if code else queryset

    return CodeFilter


FILTERS = [filter_of(each) for each in narrowing.NARROWINGS]


class SaveViewForm(forms.Form):
    """A name for the list as it is narrowed now."""

    name = PlainTextField(
        label=_("Name of this list"),
        max_length=40,
        help_text=_("Never the name of a person we help."),
        error_messages={"required": _("Give the list a name.")},
    )
    is_shared = forms.BooleanField(label=_("Show it to everyone"), required=False)
    query = forms.CharField(max_length=500, required=False, widget=forms.HiddenInput)


def words(request, changes, *, shown: str | None, may_triage: bool) -> dict:
    """What the list shows beside its frame; every row is a card with what may be logged."""
    now, by = timezone.now(), request.user
    chosen = narrowing.choices(request.GET, by=by)
    opens_at = clocks.opens_at(now)
    query = narrowing.address(shown or "", chosen)
    rows = [row(each, by=by, now=now, opens_at=opens_at) for each in changes.result_list]
    return {
        "rows": rows,
        "cards": [each["card"] for each in rows],
        "chips": queues.chips(shown, by=by, now=now),
        "narrowings": chosen,
        "narrowed": [
            (each, narrowing.address(shown or "", chosen, without=each.key))
            for each in chosen
            if each.code
        ],
        "kept": narrowing.address("", chosen),
        "query": query,
        "views": views(by, query),
        "save_view": SaveViewForm(auto_id="view_%s", label_suffix="", initial={"query": query}),
        "may_share": by.has_perm(saved_views.SHARE),
        "may_triage": may_triage,
        "now": now,
        "shown_at": desk.clock(now, now),
        "opens_at": desk.clock(opens_at, now) if opens_at else "",
    }


def row(asked, **at) -> dict:
    """A card, and each channel with the outcomes that the contact plan permits."""
    outcomes = [
        (channel.label, channel, results) for channel, results in permitted_outcomes(asked).items()
    ]
    return {"card": cards.card(asked, **at), "outcomes": outcomes, "theirs": theirs()}


def views(by, query: str) -> list[tuple]:
    """Each saved view, and whether it is the one shown."""
    seen = SavedView.objects.seen_by(by).select_related("user")
    return [(each, each.query == query and query != "", each.user_id == by.pk) for each in seen]


def look(request, changes, *, shown: str | None) -> AuditEvent:
    """Who looks at which requests; a refresh that shows nobody new adds nothing."""
    found = changes.result_count if shown == queues.FOUND else None
    return looks.refreshed(
        request,
        since=live.since(request),
        code=f"triage:{queues.named(shown)}",
        shown=[row.pk for row in changes.result_list],
        found=found,
    )


def save_view(request):
    """Names the list as it is narrowed; what is not a code of ours is dropped."""
    form = SaveViewForm(request.POST)
    if not form.is_valid():
        messages.warning(request, next(iter(form.errors.values()))[0])
        return HttpResponseRedirect(back(request))
    sent = form.cleaned_data
    try:
        saved_views.save(
            by=request.user,
            name=sent["name"],
            query=cleaned(sent["query"], request.user),
            is_shared=sent["is_shared"],
        )
    except MoveNotAllowed as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, _("The list is saved."))
    return HttpResponseRedirect(back(request))


def delete_view(request, pk):
    saved_views.delete(by=request.user, pk=pk)
    messages.success(request, _("The saved list is deleted."))
    return HttpResponseRedirect(reverse(LIST))


def cleaned(query: str, by) -> str:
    """The query of a list, of our codes only."""
    sent = QueryDict(query)
    shown = sent.get(narrowing.SHOW, "")
    shown = shown if shown in {*dict(queues.NAMES), queues.FOUND} else ""
    return narrowing.address(shown, narrowing.choices(sent, by=by))


def back(request, asked=None) -> str:
    """The list a step was taken from, at the row of this request."""
    query = cleaned(request.POST.get("query", ""), request.user)
    return reverse(LIST) + (f"?{query}" if query else "") + (f"#{asked.reference}" if asked else "")


def for_viewers(view):
    """Only for those who may see requests."""

    def guarded(request, *args, **kwargs):
        if not request.user.has_perm("admissions.view_consultationrequest"):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded
