"""Counselors' own calendars, kept by each counselor, or by a director for anyone."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from admissions import staff_formatting
from admissions.accounts.staff_request import StaffRequest
from admissions.admin.read_only_admin import ReadOnlyAdmin
from admissions.admin.staff_requests import as_staff
from admissions.audit import access_log
from admissions.calendars import busy_import, external_calendars, feeds
from admissions.form_fields import BoundedTextField, PlainTextField
from admissions.scheduling.models import CalendarFeed, CalendarRefused, Counselor
from users.models import User

from .external_calendar_rows import external_calendar_row

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

TEMPLATE_DIR = "admin/admissions/calendarfeed"
CALENDAR_FEED_LIST = "admin:admissions_calendarfeed_changelist"
COUNSELOR_CALENDARS = "admin:admissions_calendarfeed_counselor"


class ExternalCalendarForm(forms.Form):
    """A calendar by a name that its owner gives it."""

    source: str
    done: "StrOrPromise"

    label = PlainTextField(
        label=_("What to call it"),
        max_length=40,
        help_text=_("For example: work calendar."),
        error_messages={"required": _("Give it a name.")},
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, files: MultiValueDict | None = None
    ) -> None:
        super().__init__(data, files, auto_id=f"id_{self.source}_%s", label_suffix="")


class CalendarFileForm(ExternalCalendarForm):
    source, done = "file", _("The calendar is added. It is read within a minute or two.")

    file = forms.FileField(
        label=_("Calendar file"),
        help_text=_("A file that ends in .ics, of at most 10 MB."),
        widget=forms.FileInput(attrs={"accept": ".ics,text/calendar"}),
        error_messages={
            "required": _("Choose a file of at most 10 MB."),
            "empty": _("This file is empty."),
        },
    )

    def clean_file(self) -> bytes:
        """Its bytes, which is all that anyone sees of it."""
        file = self.cleaned_data["file"]
        if file.size > external_calendars.MAX_FILE_BYTES:
            raise forms.ValidationError(_("Choose a file of at most 10 MB."))
        return file.read()


class CalendarAddressForm(ExternalCalendarForm):
    source, done = "address", _("The calendar is added. It is read within a minute or two.")

    address = BoundedTextField(
        label=_("Private address"),
        max_length=2000,
        help_text=_("It begins with https:// or webcal:// and is never shown again."),
        # What was typed is a secret: it does not come back even in a form with faults.
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Paste the address of the calendar.")},
    )


@admin.register(CalendarFeed)
class CalendarFeedAdmin(ReadOnlyAdmin):
    """A list for directors, and a page for each counselor; nothing of Django's own pages."""

    def get_urls(self) -> list[URLPattern]:
        def at(address: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
            return path(
                address, self.admin_site.admin_view(view), name=f"admissions_calendarfeed_{name}"
            )

        return [
            at("", require_safe(self.changelist_view), "changelist"),
            at("<int:pk>/", require_safe(self.counselor_view), "counselor"),
            at("<int:pk>/make/", require_POST(self.make_view), "make"),
            at("<int:pk>/revoke/", require_POST(self.revoke_view), "revoke"),
            at("<int:pk>/file/", require_POST(self.file_view), "file"),
            at("<int:pk>/address/", require_POST(self.address_view), "address"),
            at("<int:pk>/remove/<int:calendar_id>/", require_POST(self.remove_view), "remove"),
        ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may_manage_any_calendar(request.user) or request.user.has_perm(
            "admissions.keep_own_calendars"
        )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Everyone's for a director; for anyone else their own, if they are a counselor."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        staff = as_staff(request)
        if may_manage_any_calendar(staff.user):
            return self.render_list(staff)
        own = Counselor.objects.filter(user=staff.user).first()
        if own is None:
            return self.render_list(staff, nobodys=True)
        return self.render_counselor(staff, own)

    def render_list(self, request: StaffRequest, *, nobodys: bool = False) -> TemplateResponse:
        counselors = Counselor.objects.select_related("user", "calendar_feed")
        return self.render_page(
            request,
            "list",
            title=_("Counselors’ own calendars"),
            counselors=[] if nobodys else counselors.order_by("public_name", "pk"),
            nobodys=nobodys,
        )

    def counselor_view(self, request: StaffRequest, pk: int) -> HttpResponse:
        return self.render_counselor(request, self.counselor_or_403(request.user, pk))

    def make_view(self, request: StaffRequest, pk: int) -> HttpResponse:
        """The one page that ever shows the address: it is drawn, never kept or sent on to."""
        counselor = self.counselor_or_403(request.user, pk)
        if counselor.user_id != request.user.pk:
            raise PermissionDenied
        token = feeds.create_feed(counselor_id=counselor.pk, by=request.user)
        address = settings.SITE_URL + reverse("feeds:calendar_feed", args=[token])
        return self.render_counselor(request, counselor, address=address)

    def revoke_view(self, request: StaffRequest, pk: int) -> HttpResponse:
        counselor = self.counselor_or_403(request.user, pk)
        feeds.revoke_feed(counselor_id=counselor.pk, by=request.user)
        messages.success(request, _("The private address is revoked. It shows nothing any more."))
        return HttpResponseRedirect(reverse(COUNSELOR_CALENDARS, args=[pk]))

    def file_view(self, request: StaffRequest, pk: int) -> HttpResponse:
        counselor = self.counselor_or_403(request.user, pk)
        form = CalendarFileForm(request.POST, request.FILES)
        return self.add(request, counselor, form, external_calendars.add_calendar_file)

    def address_view(self, request: StaffRequest, pk: int) -> HttpResponse:
        counselor = self.counselor_or_403(request.user, pk)
        return self.add(
            request,
            counselor,
            CalendarAddressForm(request.POST),
            external_calendars.add_calendar_address,
        )

    def add(
        self,
        request: StaffRequest,
        counselor: Counselor,
        form: CalendarFileForm | CalendarAddressForm,
        do: Callable[..., Any],
    ) -> HttpResponse:
        """Adds what the form holds, or shows the page again with the reason at its field."""
        if form.is_valid():
            try:
                do(counselor_id=counselor.pk, by=request.user, **form.cleaned_data)
            except CalendarRefused as refused:
                form.add_error(form.source, refused.reason.label)
            except external_calendars.TooManyCalendars:
                form.add_error(None, _("There are five calendars already. Remove one first."))
        if not form.is_valid():
            messages.warning(request, _("Nothing is added yet. Look at the words in red."))
            return self.render_counselor(request, counselor, sent=form)
        messages.success(request, form.done)
        return HttpResponseRedirect(reverse(COUNSELOR_CALENDARS, args=[counselor.pk]))

    def remove_view(self, request: StaffRequest, pk: int, calendar_id: int) -> HttpResponse:
        counselor = self.counselor_or_403(request.user, pk)
        external_calendars.remove_calendar(
            counselor_id=counselor.pk, calendar_id=calendar_id, by=request.user
        )
        messages.success(request, _("The calendar and its busy times are removed."))
        return HttpResponseRedirect(reverse(COUNSELOR_CALENDARS, args=[counselor.pk]))

    def counselor_or_403(self, user: User, pk: int) -> Counselor:
        """The counselor, if this person may keep their calendars."""
        if may_manage_any_calendar(user):
            return get_object_or_404(Counselor, pk=pk)
        own = Counselor.objects.filter(user=user, pk=pk).first()
        if own is None or not user.has_perm("admissions.keep_own_calendars"):
            raise PermissionDenied
        return own

    def render_counselor(
        self,
        request: StaffRequest,
        counselor: Counselor,
        *,
        address: str = "",
        sent: CalendarFileForm | CalendarAddressForm | None = None,
    ) -> HttpResponse:
        """The page of one counselor; `sent` is a form that came back."""
        now = timezone.now()
        is_mine = counselor.user_id == request.user.pk
        feed = CalendarFeed.objects.filter(counselor=counselor).first()
        name = {"name": counselor.public_name}
        conflicts = busy_import.find_conflicts(counselor, now=now)
        code = f"own calendars {counselor.pk}"
        access_log.log_view(request, code=code, shown=[each.request_id for each in conflicts])
        return self.render_page(
            request,
            "counselor",
            title=_("My calendars") if is_mine else _("Calendars of %(name)s") % name,
            counselor=counselor,
            is_mine=is_mine,
            feed=feed,
            feed_made=staff_formatting.format_date_and_time(feed.made_at) if feed else "",
            address=address,
            calendars=[
                external_calendar_row(each)
                for each in busy_import.external_calendars_of(counselor, now=now)
            ],
            conflicts=[
                (each.request, staff_formatting.format_date_and_time(each.starts_at))
                for each in conflicts
            ],
            file=sent if isinstance(sent, CalendarFileForm) else CalendarFileForm(),
            address_form=sent if isinstance(sent, CalendarAddressForm) else CalendarAddressForm(),
            back=reverse(CALENDAR_FEED_LIST) if may_manage_any_calendar(request.user) else "",
        )

    def render_page(self, request: HttpRequest, name: str, **context: Any) -> TemplateResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"{TEMPLATE_DIR}/{name}.html", context)


def may_manage_any_calendar(user: User | AnonymousUser) -> bool:
    return user.has_perm("admissions.keep_any_calendars")
