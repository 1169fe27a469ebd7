"""What messaging stores."""

from .messages import Message, MessageQuerySet
from .provider_events import ProviderEvent
from .rules import MessageRule
from .templates import MessageTemplate

__all__ = [
    "Message",
    "MessageQuerySet",
    "MessageRule",
    "MessageTemplate",
    "ProviderEvent",
]
