"""What messaging stores."""

from .alarms import Alarm, AlarmRing
from .mail_settings import MailSettings
from .messages import Message, MessageQuerySet
from .provider_events import ProviderEvent
from .rules import MessageRule
from .templates import MessageTemplate

__all__ = [
    "Alarm",
    "AlarmRing",
    "MailSettings",
    "Message",
    "MessageQuerySet",
    "MessageRule",
    "MessageTemplate",
    "ProviderEvent",
]
