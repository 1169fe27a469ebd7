"""When emails go, and what they say: the list of every kind, and a page for each."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from admissions import exceptions
from admissions.accounts.staff_request import StaffRequest
from admissions.admin.staff_requests import as_staff
from admissions.messaging import catalog, templates
from admissions.messaging import rules as messaging_rules
from admissions.messaging.kinds import Kind
from admissions.messaging.models import Message, MessageRule, MessageTemplate
from programs.models import Facility

from . import display
from . import templates as messaging_templates

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

TEMPLATE_DIR = "admin/admissions/messagerule"
RULE_PAGE = "admin:admissions_messagerule_change"
TIME_UNITS = [("minutes", _("minutes")), ("hours", _("hours")), ("days", _("days"))]


class DurationField(forms.MultiValueField):
    """A length of time as a number and its unit."""

    def __init__(
        self, *, units: "Sequence[tuple[str, StrOrPromise]]" = TIME_UNITS, **options: Any
    ) -> None:
        number = forms.IntegerField(
            min_value=1,
            max_value=9999,
            error_messages={
                "invalid": _("Enter a whole number."),
                "min_value": _("Enter 1 or more."),
                "max_value": _("Enter a smaller number."),
            },
        )
        fields = [number, forms.ChoiceField(choices=units)]
        wrong = {"required": _("Enter a number."), "incomplete": _("Enter a number.")}
        widget = DurationWidget(units=units)
        super().__init__(fields, widget=widget, error_messages=wrong, **options)

    def compress(self, parts: list[Any]) -> timedelta | None:
        return timedelta(**{parts[1]: parts[0]}) if parts else None


class DurationWidget(forms.MultiWidget):
    """Two controls in one line, each with a name for those who do not see the other."""

    use_fieldset = True

    def __init__(self, *, units: "Sequence[tuple[str, StrOrPromise]]") -> None:
        number = forms.NumberInput(
            attrs={"min": 1, "max": 9999, "inputmode": "numeric", "aria-label": _("Number")}
        )
        unit = forms.Select(choices=units, attrs={"aria-label": _("Unit")})
        super().__init__({"number": number, "unit": unit})
        self.units = [name for name, _label in units]

    def decompress(self, length: timedelta | None) -> list[Any]:
        if length is None:
            return [None, self.units[0]]
        if self.units == ["days"]:
            return [length.days, "days"]
        return list(messaging_rules.split_duration(length))


class MessageRuleForm(forms.Form):
    """One rule, and the mark of what it was when the page was drawn."""

    is_on = forms.BooleanField(label=_("This email goes out"), required=False)
    seen = forms.CharField(widget=forms.HiddenInput, max_length=80)

    def __init__(self, data: Mapping[str, Any] | None = None, *, rule: MessageRule) -> None:
        self.kind, self.rule = Message.Kind(rule.kind), rule
        initial = {"is_on": rule.is_on, "seen": messaging_rules.fingerprint_rule(rule)}
        initial |= {"delay": rule.delay, "minimum_lead": rule.minimum_lead}
        super().__init__(data, initial=initial, label_suffix="")
        if catalog.is_always_on(self.kind):
            del self.fields["is_on"]
        if bounds := catalog.find_bounds(self.kind):
            self.fields["delay"] = self.delay_field(*bounds)
        if catalog.has_lead(self.kind):
            self.fields["minimum_lead"] = DurationField(
                label=_("Only if booked more than this ahead"),
                help_text=_("Who books later than that needs no reminder."),
            )

    def delay_field(self, shortest: timedelta, longest: timedelta) -> DurationField:
        is_before = catalog.is_sent_before(self.kind)
        words = {
            "shortest": messaging_rules.format_delay(shortest),
            "longest": messaging_rules.format_delay(longest),
        }
        return DurationField(
            label=_("How long before") if is_before else _("How long after"),
            help_text=_("Between %(shortest)s and %(longest)s.") % words,
            units=TIME_UNITS[2:] if catalog.has_whole_days(self.kind) else TIME_UNITS,
        )

    @property
    def requested_rule(self) -> messaging_rules.RuleValues:
        data = self.cleaned_data
        delay = data.get("delay", self.rule.delay)
        is_on = data.get("is_on", self.rule.is_on)
        return messaging_rules.RuleValues(is_on, delay, data.get("minimum_lead"))

    def add_faults(self, errors: dict[str, str]) -> None:
        for name, fault in errors.items():
            self.add_error(name if name in self.fields else None, fault)

    def rebase(self) -> None:
        """What was typed stays, and is based on what stands now: sent again, it counts."""
        data = cast(QueryDict, self.data).copy()
        data["seen"] = messaging_rules.fingerprint_rule(self.rule)
        self.data = data


@admin.register(MessageRule)
class MessageRuleAdmin(admin.ModelAdmin):
    """A list, and a page for each kind; nothing of Django's own pages."""

    def get_urls(self) -> list[URLPattern]:
        def at(
            address: str, view: Callable[..., HttpResponseBase], name: str, *methods: Any
        ) -> URLPattern:
            view = require_http_methods(methods)(view) if methods else require_safe(view)
            return path(
                address, self.admin_site.admin_view(view), name=f"admissions_messagerule_{name}"
            )

        return [
            at("", self.changelist_view, "changelist"),
            at("<slug:kind>/", self.kind_view, "change", "GET", "HEAD", "POST"),
            *messaging_templates.template_urls(self, at),
        ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Every kind in the order of a person's journey; the same queries however many."""
        self.check_may_view(request)
        rules = MessageRule.objects.by_kind()
        kept = {(row.kind, row.language): row for row in MessageTemplate.objects.last_of_each()}
        name = Facility.objects.get().name
        groups = [
            (group.label, [rule_row(kind, rules.get(kind), kept, name) for kind in kinds])
            for group, kinds in catalog.list_groups()
        ]
        title = _("When emails go, and what they say")
        return self.render_page(request, "list", title=title, groups=groups)

    def kind_view(self, request: StaffRequest, kind: str) -> HttpResponse:
        """The rule of one kind, and whose words it is sent with."""
        self.check_may_view(request)
        if kind not in Message.Kind:
            raise Http404
        rule = MessageRule.objects.filter(kind=kind).first()
        form = MessageRuleForm(rule=rule) if rule else None
        if request.method == "POST":
            form = self.changed_form(request, rule)
            if form is None:
                return HttpResponseRedirect(reverse(RULE_PAGE, args=[kind]))
        return self.render_rule(request, Message.Kind(kind), rule, form)

    def changed_form(
        self, request: HttpRequest, rule: MessageRule | None
    ) -> MessageRuleForm | None:
        """None when the rule is as wanted; else the form, with what keeps it from being so."""
        if rule is None or not self.has_change_permission(request):
            raise PermissionDenied
        form = MessageRuleForm(request.POST, rule=rule)
        if form.is_valid():
            self.change(as_staff(request), form)
        if form.is_valid():
            return None
        messages.warning(request, _("Nothing is saved yet. Look at the words in red."))
        return form

    def change(self, request: StaffRequest, form: MessageRuleForm) -> None:
        known = {"kind": form.rule.kind, "seen": form.cleaned_data["seen"], "by": request.user}
        try:
            is_changed = messaging_rules.change_rule(values=form.requested_rule, **known)
        except messaging_rules.InvalidRule as refused:
            form.add_faults(refused.errors)
        except exceptions.ChangedMeanwhile:
            form.rule.refresh_from_db()
            form.rebase()
            form.add_error(None, describe_newer_rule(form.rule))
        else:
            said = _("Saved. It counts for what is promised from now on.")
            messages.success(request, said if is_changed else _("It is like this already."))

    def render_rule(
        self,
        request: StaffRequest,
        kind: Kind,
        rule: MessageRule | None,
        form: MessageRuleForm | None,
    ) -> HttpResponse:
        name = Facility.objects.get().name
        kept = {(row.kind, row.language): row for row in MessageTemplate.objects.last_of_each()}
        return self.render_page(
            request,
            "rule",
            title=kind.label,
            line=rule_row(kind, rule, kept, name),
            form=form,
            may_change=self.has_change_permission(request),
            is_for_staff=kind in Message.STAFF_KINDS,
            counts_days=catalog.has_whole_days(kind),
        )

    def check_may_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def render_page(self, request: HttpRequest, name: str, **context: Any) -> TemplateResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"{TEMPLATE_DIR}/{name}.html", context)


def rule_row(
    kind: str, rule: MessageRule | None, kept: dict[tuple[str, str], MessageTemplate], name: str
) -> dict:
    """One kind: when it goes, whether it does, and whose words it has in each language."""
    languages = settings.LANGUAGES if kind not in Message.STAFF_KINDS else []
    used = [
        display.describe_source(templates.find_template_in_use(kept.get((kind, code)), code, name))
        for code, _language in languages
    ]
    return {
        "kind": Message.Kind(kind),
        "goes": messaging_rules.describe_timing(kind, rule),
        "rule": rule,
        "words": used,
    }


def describe_newer_rule(rule: MessageRule) -> str:
    said = _("Someone else has just changed this. It now says: %(goes)s %(state)s")
    return (
        said
        % {
            "goes": messaging_rules.describe_timing(rule.kind, rule),
            "state": _("It is on.") if rule.is_on else _("It is off."),
        }
        + " "
        + str(_("Nothing of yours is saved. To have it your way, save again."))
    )
