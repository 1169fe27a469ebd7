"""Tells colleagues by email what happened to their account, in the transaction that did it."""

from admissions.messaging import staff_mail, tasks
from admissions.messaging.models import Message
from users.models import User

News = Message.AccountNews


def tell(user: User, news: str, *, address: str = "") -> None:
    """Owe the owner of an account this news, or another `address` of theirs, and send it now."""
    staff_mail.enqueue_account_news(user, news, address=address)
    wake()


def wake() -> None:
    tasks.wake_delivery(None)
