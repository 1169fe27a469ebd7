"""Who acted, as columns of an audit event."""

from users.models import User


def actor_fields(source: str, by: User | None) -> dict[str, User | str]:
    return {"actor": by} if by else {"source": source}
