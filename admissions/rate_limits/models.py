"""The requests of the last day, by what they have in common."""

from django.db import models


class CountedRequest(models.Model):
    """That one online request came at this time, under the hash of one thing it shares.

    A request leaves one row for each: its network, session, phone, email, and "everyone".
    """

    key = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index("key", "at", name="counted_request_by_key")]

    def __str__(self) -> str:
        return f"counted request {self.pk}"
