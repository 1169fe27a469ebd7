"""The triage list's open requests in a change list as Django ships it: its admin, its middleware,
its templates, and the columns of ours that a field of the model can fill."""

from django.contrib import admin
from django.core.wsgi import get_wsgi_application
from django.urls import path

application = get_wsgi_application()
from admissions.intake.models import ConsultationRequest  # noqa: E402


class StockAdmin(admin.ModelAdmin):
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


site = admin.AdminSite()
# Whoever is signed in to ours: both read a session and a person.
site.has_permission = lambda request: request.user.is_active and request.user.is_staff
site.register(ConsultationRequest, StockAdmin)
urlpatterns = [path("admin/", site.urls)]
