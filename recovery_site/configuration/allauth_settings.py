"""How staff sign in, as allauth asks for it; see docs/decisions/sign-in.md."""

AUTHENTICATION_BACKENDS = ["admissions.accounts.adapters.StaffBackend"]
ACCOUNT_ADAPTER = "admissions.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
# How long the first half of a sign-in is good for, in seconds.
ACCOUNT_LOGIN_TIMEOUT = 600
ACCOUNT_SESSION_REMEMBER = False
# Counted by admissions.accounts.throttling, which tells known browsers from others.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": None}
ACCOUNT_AUTHENTICATED_LOGIN_REDIRECTS = False
MFA_ADAPTER = "admissions.accounts.adapters.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Admissions"
# A clock may be off by one step of 30 seconds, either way.
MFA_TOTP_TOLERANCE = 1
