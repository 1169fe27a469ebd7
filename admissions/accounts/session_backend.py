"""Sessions in Postgres, encrypted, which know whose they are and end by the server's own clock."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone
from django.utils.crypto import get_random_string

from admissions.encryption import DecryptionError, decrypt_text, encrypt_text

from .models import Session, hash_session_key

IDLE_TIMEOUT = timedelta(minutes=15)
ABSOLUTE_TIMEOUT = timedelta(hours=10)
USER_ID_KEY = "_auth_user_id"  # Django's own mark
SIGNED_IN_AT_KEY = "signed_in_at"
BROWSER_KEY = "browser"


class SessionStore(DatabaseStore):
    """Staff are signed out after 15 minutes idle and 10 hours in all; visitors slide as set."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Session | None:
        # Django's own would look for the key itself.
        key = hash_session_key(self.session_key or "")
        row = Session.objects.filter(session_key=key, expire_date__gt=timezone.now()).first()
        if row is None:
            self._session_key = None
        return row

    def exists(self, session_key: str) -> bool:
        return super().exists(hash_session_key(session_key))

    def _get_new_session_key(self) -> str:
        # Django's own asks first whether it is free: the insert refuses one that is not.
        return get_random_string(32, VALID_KEY_CHARS)

    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            super().delete(hash_session_key(key))

    def encode(self, session_dict: dict[str, Any]) -> str:
        """Encrypted: it holds what people were typing, and a new app's secret until it is used."""
        return encrypt_text(json.dumps(session_dict))

    def decode(self, session_data: str | bytes) -> dict[str, Any]:
        try:
            return json.loads(decrypt_text(str(session_data)))
        except (DecryptionError, ValueError):
            return {}

    def get_expiry_date(self, **kwargs: Any) -> datetime:
        if self.get(USER_ID_KEY) is None:
            return super().get_expiry_date(**kwargs)
        now = timezone.now()
        return min(now + IDLE_TIMEOUT, (self.signed_in_at() or now) + ABSOLUTE_TIMEOUT)

    def signed_in_at(self) -> datetime | None:
        seconds = self.get(SIGNED_IN_AT_KEY)
        return seconds and datetime.fromtimestamp(seconds, UTC)

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row, under the hash of its key."""
        row = cast(Session, super().create_model_instance(data))
        row.session_key = hash_session_key(row.session_key)
        row.user_id = data.get(USER_ID_KEY)
        row.signed_in_at = self.signed_in_at()
        row.browser = data.get(BROWSER_KEY, "")
        return row
