"""What care stores."""

from .assessments import IOP_CODE, Acknowledgment, Assessment, Finding, Recommendation
from .credentials import StaffCredential
from .insurance import BenefitsVerification
from .referrals import Referral

__all__ = [
    "IOP_CODE",
    "Acknowledgment",
    "Assessment",
    "BenefitsVerification",
    "Finding",
    "Recommendation",
    "Referral",
    "StaffCredential",
]
