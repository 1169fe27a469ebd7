"""What an email tells a colleague of their own account, in neutral words and in English."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class AccountNews(models.TextChoices):
    """Each thing of an account that its owner, or who decides about it, hears of at once."""

    INVITATION = "invitation", _("A link to begin")
    PASSWORD_LINK = "password_link", _("A link to a new password")
    PASSWORD_CHANGED = "password_changed", _("The password was changed")
    FACTOR_ADDED = "factor_added", _("A second step was added")
    FACTOR_REMOVED = "factor_removed", _("A second step was removed")
    RECOVERY_CODES_MADE = "recovery_codes_made", _("New recovery codes were made")
    RECOVERY_CODE_USED = "recovery_code_used", _("A recovery code was used")
    ACCESS_CHANGED = "access_changed", _("What they may do was changed")
    SWITCHED_OFF = "switched_off", _("The account was switched off")
    EMAIL_CHANGED = "email_changed", _("The email address was changed")
    CHANGE_ASKED = "change_asked", _("A colleague asked for a change")
    APPROVAL_ASKED = "approval_asked", _("A change waits for a second person")


LINKS = {AccountNews.INVITATION, AccountNews.PASSWORD_LINK}


@dataclass(frozen=True)
class AccountText:
    """A subject and paragraphs; where its link leads is named by `page`, a name of an address."""

    subject: str
    text: str
    label: str = "Open the desk"
    page: str = "admin:account_security"


SESSIONS_ENDED = "Sessions in other browsers have ended."

TEXTS: dict[str, AccountText] = {
    AccountNews.INVITATION: AccountText(
        "Your account for the admissions desk",
        "A colleague has made an account for you. Your username is {username}.\n\n"
        "Open the link to choose your own password. It is good for seven days and works once."
        " At the first sign-in you set up an authenticator app, so have your phone at hand.\n\n"
        "If you expect no account from us, you need not do anything.",
        "Choose a password",
    ),
    AccountNews.PASSWORD_LINK: AccountText(
        "A link to choose a new password",
        "Somebody asked for a new password for {username}. Open the link to choose it. It is good"
        " for one hour and works once. You still need your second step to sign in.\n\n"
        "If it was not you, you need not do anything: your password stays as it is.",
        "Choose a password",
    ),
    AccountNews.PASSWORD_CHANGED: AccountText(
        "Your password was changed", f"Your password has been changed. {SESSIONS_ENDED}"
    ),
    AccountNews.FACTOR_ADDED: AccountText(
        "A second step was added",
        "An authenticator app or a passkey has been added to your account.",
    ),
    AccountNews.FACTOR_REMOVED: AccountText(
        "A second step was removed",
        f"An authenticator app or a passkey has been removed from your account. {SESSIONS_ENDED}",
    ),
    AccountNews.RECOVERY_CODES_MADE: AccountText(
        "New recovery codes were made",
        "New recovery codes have been made for your account. Older ones are good for nothing.",
    ),
    AccountNews.RECOVERY_CODE_USED: AccountText(
        "A recovery code was used", "Somebody has signed in to your account with a recovery code."
    ),
    AccountNews.ACCESS_CHANGED: AccountText(
        "Your access to the desk was changed",
        "Your username, your roles or your access to the admissions desk have been changed.",
    ),
    AccountNews.SWITCHED_OFF: AccountText(
        "Your account was switched off",
        "Your account for the admissions desk has been switched off. Nobody can sign in with it.",
        page="admin:index",
    ),
    AccountNews.EMAIL_CHANGED: AccountText(
        "The email address of your account was changed",
        "Emails about your account for the admissions desk now go to another address than before.",
    ),
    AccountNews.CHANGE_ASKED: AccountText(
        "A change to your account was asked for",
        "A colleague has asked for a change to your account: of your roles, your email address or"
        " your second step. It is made once a second colleague agrees.",
    ),
    AccountNews.APPROVAL_ASKED: AccountText(
        "A change waits for a second person",
        "A colleague asks for a change to an account that one person alone may not make."
        " Please look at it within two days. If you know nothing of it, ask them first, by phone"
        " or face to face.",
        "See what is asked",
        "admin:users_user_changes",
    ),
}
IF_IT_WAS_NOT_YOU = "If you know nothing of it, tell a director at once."
TELLS_NOTHING_MORE = {*LINKS, AccountNews.APPROVAL_ASKED}
