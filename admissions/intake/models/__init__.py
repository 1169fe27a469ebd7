"""What intake stores."""

from .consents import ConsentEvent, ConsentVersion
from .contact_attempts import ContactAttempt
from .links import IdempotencyKey, LinkRequest, ManageToken
from .notes import Note
from .request_queries import ConsultationRequestQuerySet
from .requests import ConsultationRequest
from .stages import CloseReason, Disposition, Stage
from .suppressions import Suppression, hash_email

__all__ = [
    "CloseReason",
    "ConsentEvent",
    "ConsentVersion",
    "ConsultationRequest",
    "ConsultationRequestQuerySet",
    "ContactAttempt",
    "Disposition",
    "IdempotencyKey",
    "LinkRequest",
    "ManageToken",
    "Note",
    "Stage",
    "Suppression",
    "hash_email",
]
