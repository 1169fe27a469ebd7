"""What messaging stores."""

from .messages import Message, MessageQuerySet
from .provider_events import ProviderEvent
from .rules import REMINDER_KINDS, MessageRule
from .templates import MessageTemplate

__all__ = [
    "REMINDER_KINDS",
    "Message",
    "MessageQuerySet",
    "MessageRule",
    "MessageTemplate",
    "ProviderEvent",
]
