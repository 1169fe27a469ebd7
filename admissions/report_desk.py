"""The director's screen, and its figures as a file."""

from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_GET, require_POST

from programs.models import Program

from . import looks, report_file, report_page
from .models import AuditEvent, ConsultationRequest
from .reports import NO_PROGRAM, PERIODS, Look, look_back, report

PERIOD_NAMES = {1: _lazy("Today"), 7: _lazy("7 days"), 30: _lazy("30 days")}
USUAL_DAYS = 7
# What the audit calls this screen and its file.
CODE = "director"


class LookForm(forms.Form):
    """Which days, and whose requests; what cannot be read is left at its usual value."""

    days = forms.TypedChoiceField(
        coerce=int,
        choices=[(days, PERIOD_NAMES[days]) for days in PERIODS],
        required=False,
        empty_value=USUAL_DAYS,
        widget=forms.HiddenInput,
    )
    program = forms.ChoiceField(label=_lazy("Program"), required=False)
    language = forms.ChoiceField(
        label=_lazy("Language"), required=False,
        choices=[("", _lazy("All languages")), *settings.LANGUAGES],
    )  # fmt: skip
    source = forms.ChoiceField(
        label=_lazy("Source"), required=False,
        choices=[("", _lazy("All sources")), *ConsultationRequest.Source.choices],
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", auto_id="look_%s", **kwargs)
        programs = Program.objects.values_list("slug", "name")
        self.fields["program"].choices = [
            ("", _("All programs")), *programs, (NO_PROGRAM, _("Not said"))
        ]  # fmt: skip

    @property
    def codes(self) -> dict[str, str]:
        """What narrows the look, by name."""
        asked = self.cleaned_data
        return {name: asked[name] for name in ("program", "language", "source") if asked.get(name)}


@require_GET
def reports_view(request, *, site):
    """The screen; that someone looked is recorded, with the names of what narrowed it."""
    if not request.user.has_perm("admissions.view_reports"):
        raise PermissionDenied
    now, form = timezone.now(), LookForm(request.GET)
    form.is_valid()
    look = look_back(days=form.cleaned_data.get("days") or USUAL_DAYS, now=now, **form.codes)
    found = report(look, now=now)
    record(request, AuditEvent.Type.REPORT_VIEWED, look)
    context = {
        **site.each_context(request),
        **report_page.words(found),
        "title": _("Reports"),
        "look": look,
        "picker": LookForm(initial={"days": look.days, **look.codes}),
        "periods": periods(look),
        "may_export": request.user.has_perm("admissions.export_reports"),
        "file_days": report_file.DAYS,
    }
    return TemplateResponse(request, "admin/reports.html", context)


def periods(look: Look) -> list[dict]:
    """Each stretch of days as an address that keeps what narrows the look."""
    return [
        {
            "name": name,
            "query": urlencode({"days": days, **look.codes}),
            "is_shown": days == look.days,
        }
        for days, name in PERIOD_NAMES.items()
    ]


def record(request, type: str, look: Look) -> None:
    """Who looked, at how many days, and what narrowed them; never to what."""
    told = {"code": f"{CODE}, {look.days}", "fields": list(look.codes)}
    looks.record_request(request, None, type=type, **told)


@require_POST
def export_view(request):
    """The figures of the last whole days as a file, counts of few people left out."""
    if not request.user.has_perm("admissions.export_reports"):
        raise PermissionDenied
    found = report_file.whole_month(now=timezone.now())
    record(request, AuditEvent.Type.EXPORTED, found.look)
    return StreamingHttpResponse(
        report_file.lines(found),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{report_file.name_of(found)}"'},
    )
