"""What messaging stores."""

from .mail_settings import MailSettings
from .messages import Message, MessageQuerySet
from .provider_events import ProviderEvent
from .rules import MessageRule
from .templates import MessageTemplate

__all__ = [
    "MailSettings",
    "Message",
    "MessageQuerySet",
    "MessageRule",
    "MessageTemplate",
    "ProviderEvent",
]
