"""The triage list's open requests in a change list as Django ships it: its admin, its middleware,
its templates. Once with a column for each fact that a row of ours tells of a request, and once with
the eight of them alone that stand first. What ours works out (why a request is here, what comes
next, what may be logged) has no column in either.
"""

from django.contrib import admin
from django.core.wsgi import get_wsgi_application
from django.urls import path

application = get_wsgi_application()
from admissions.intake.models import ConsultationRequest  # noqa: E402


class LeanAdmin(admin.ModelAdmin):
    list_display = (
        "due_at",
        "preferred_name",
        "for_whom",
        "phone",
        "email",
        "stage",
        "program_interest",
        "owner",
    )
    list_filter = ("owner", "program_interest", "language", "for_whom", "stage")
    list_per_page = 50
    list_select_related = ("owner", "program_interest")
    ordering = ("due_at",)

    def get_queryset(self, request):
        return super().get_queryset(request).exclude(stage="closed")

    def may(self, request, obj=None):
        return True

    has_view_permission = has_change_permission = has_delete_permission = may
    has_module_permission = has_add_permission = may


class StockAdmin(LeanAdmin):
    list_display = (
        *LeanAdmin.list_display,
        "reference",
        "source",
        "created_at",
        "is_in_danger",
        "promised_call_by",
        "language",
        "may_call",
        "may_text",
        "voicemail",
        "good_time",
        "may_email",
        "is_discreet",
        "talk",
        "tries",
        "insurance",
    )
    list_select_related = ("owner", "program_interest", "benefits")

    def get_queryset(self, request):
        return (
            super().get_queryset(request).prefetch_related("attempts", "consultations__counselor")
        )

    def talk(self, row):
        standing = [each for each in row.consultations.all() if each.is_standing]
        return f"{standing[0].starts_at}, {standing[0].counselor}" if standing else None

    def tries(self, row):
        made = list(row.attempts.all())
        return f"{len(made)}, {made[-1].get_result_display()}" if made else None

    def insurance(self, row):
        benefits = getattr(row, "benefits", None)
        return benefits and benefits.get_status_display()


def make_site(name, admin_class):
    """One that lets in whoever is signed in to ours: both read a session and a person."""
    site = admin.AdminSite(name)
    site.has_permission = lambda request: request.user.is_active and request.user.is_staff
    site.register(ConsultationRequest, admin_class)
    return site


urlpatterns = [
    path("admin/", make_site("admin", StockAdmin).urls),
    path("lean/", make_site("lean", LeanAdmin).urls),
]
