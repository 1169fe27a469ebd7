"""Sessions in Postgres, which know whose they are and end by the server's own clock."""

from datetime import UTC, datetime, timedelta

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from .models import Session

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=10)
WHOSE = "_auth_user_id"  # Django's own mark
SINCE = "signed_in_at"
BROWSER = "browser"


class SessionStore(DatabaseStore):
    """Staff are signed out after 15 minutes idle and 10 hours in all; visitors slide as set."""

    @classmethod
    def get_model_class(cls):
        return Session

    def get_expiry_date(self, **kwargs):
        if self.get(WHOSE) is None:
            return super().get_expiry_date(**kwargs)
        now = timezone.now()
        return min(now + IDLE, (self.since() or now) + ABSOLUTE)

    def since(self) -> datetime | None:
        seconds = self.get(SINCE)
        return seconds and datetime.fromtimestamp(seconds, UTC)

    def create_model_instance(self, data):
        row = super().create_model_instance(data)
        row.user_id = data.get(WHOSE)
        row.signed_in_at = self.since()
        row.browser = data.get(BROWSER, "")
        return row
