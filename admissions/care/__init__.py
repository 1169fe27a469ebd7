"""Assessment, recommendation, referral, insurance, credentials."""
