from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    """Puts our own site where Django expects its admin."""

    default_site = "admissions.admin.site.StaffAdminSite"
