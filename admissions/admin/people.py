"""Sign-ins of staff, as Django keeps them; and whom someone who leaves has promised a talk."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User

from . import away

admin.site.unregister(User)


@admin.register(User)
class PeopleDesk(UserAdmin):
    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if hasattr(obj, "counselor"):
            away.warn_of_gaps(request, obj.counselor)
