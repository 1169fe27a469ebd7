"""Counselors' own calendars, kept by each counselor, or by a director for anyone."""

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from .. import desk, feeds
from ..models import CalendarFeed, Counselor

TEMPLATES = "admin/admissions/calendarfeed"
LIST = "admin:admissions_calendarfeed_changelist"
PAGE = "admin:admissions_calendarfeed_counselor"


@admin.register(CalendarFeed)
class OwnCalendarsDesk(admin.ModelAdmin):
    """A list for directors, and a page for each counselor; nothing of Django's own pages."""

    def get_urls(self):
        def at(address, view, name):
            return path(
                address, self.admin_site.admin_view(view), name=f"admissions_calendarfeed_{name}"
            )

        return [
            at("", require_safe(self.changelist_view), "changelist"),
            at("<int:pk>/", require_safe(self.counselor_view), "counselor"),
            at("<int:pk>/make/", require_POST(self.make_view), "make"),
            at("<int:pk>/revoke/", require_POST(self.revoke_view), "revoke"),
        ]

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_view_permission(self, request, obj=None):
        return may_keep_any(request.user) or request.user.has_perm("admissions.keep_own_calendars")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def changelist_view(self, request, extra_context=None):
        """Everyone's for a director; for anyone else their own, if they are a counselor."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if may_keep_any(request.user):
            return self.list(request)
        own = Counselor.objects.filter(user=request.user).first()
        if own is None:
            return self.list(request, nobodys=True)
        return self.page(request, own)

    def list(self, request, *, nobodys=False):
        counselors = Counselor.objects.select_related("user", "calendar_feed")
        return self.draw(
            request,
            "list",
            title=_("Counselors’ own calendars"),
            counselors=[] if nobodys else counselors.order_by("public_name", "pk"),
            nobodys=nobodys,
        )

    def counselor_view(self, request, pk):
        return self.page(request, self.kept_by(request.user, pk))

    def make_view(self, request, pk):
        """The one page that ever shows the address: it is drawn, never kept or sent on to."""
        counselor = self.kept_by(request.user, pk)
        if counselor.user_id != request.user.pk:
            raise PermissionDenied
        token = feeds.make(counselor_id=counselor.pk, by=request.user)
        address = settings.SITE_URL + reverse("feeds:calendar_feed", args=[token])
        return self.page(request, counselor, address=address)

    def revoke_view(self, request, pk):
        counselor = self.kept_by(request.user, pk)
        feeds.revoke(counselor_id=counselor.pk, by=request.user)
        messages.success(request, _("The private address is revoked. It shows nothing any more."))
        return HttpResponseRedirect(reverse(PAGE, args=[pk]))

    def kept_by(self, user, pk) -> Counselor:
        """The counselor, if this person may keep their calendars."""
        if may_keep_any(user):
            return get_object_or_404(Counselor, pk=pk)
        own = Counselor.objects.filter(user=user, pk=pk).first()
        if own is None or not user.has_perm("admissions.keep_own_calendars"):
            raise PermissionDenied
        return own

    def page(self, request, counselor, *, address=""):
        is_mine = counselor.user_id == request.user.pk
        feed = CalendarFeed.objects.filter(counselor=counselor).first()
        name = {"name": counselor.public_name}
        return self.draw(
            request,
            "counselor",
            title=_("My calendars") if is_mine else _("Calendars of %(name)s") % name,
            counselor=counselor,
            is_mine=is_mine,
            feed=feed,
            feed_made=desk.full_clock(feed.made_at) if feed else "",
            address=address,
            back=reverse(LIST) if may_keep_any(request.user) else "",
        )

    def draw(self, request, name, **context):
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"{TEMPLATES}/{name}.html", context)


def may_keep_any(user) -> bool:
    return user.has_perm("admissions.keep_any_calendars")
