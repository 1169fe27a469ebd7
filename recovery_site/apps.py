from django.contrib.admin.apps import AdminConfig


class StaffDeskConfig(AdminConfig):
    """Puts our own site where Django expects its admin."""

    default_site = "recovery_site.admin.StaffDesk"
