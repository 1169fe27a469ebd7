"""What the room of privacy stores."""

from .certificates import RemovalCertificate
from .disclosures import Disclosure
from .holds import LegalHold
from .privacy_requests import PrivacyRequest
from .retention import RetentionPeriod

__all__ = [
    "Disclosure",
    "LegalHold",
    "PrivacyRequest",
    "RemovalCertificate",
    "RetentionPeriod",
]
