"""How many people asked for us while no phone time was free soon."""

from datetime import UTC, datetime

from django.db.models import Count, DateTimeField, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from admissions.scheduling.models import Shortage

from .models import ConsultationRequest

# No column of a request: an index of its times is read from a bound to a bound.
FOREVER = Value(datetime(9999, 12, 31, tzinfo=UTC), DateTimeField())


def annotate_demand(shortages: QuerySet[Shortage]) -> QuerySet[Shortage]:
    """Annotate `requests_meanwhile`: the requests in the shortage's language while it lasted."""
    requests = ConsultationRequest.objects.filter(
        language=OuterRef("language"),
        created_at__gte=OuterRef("began_at"),
        created_at__lte=Coalesce(OuterRef("ended_at"), FOREVER),
    )
    counted = requests.order_by().values("language").annotate(n=Count("pk")).values("n")
    return shortages.annotate(requests_meanwhile=Coalesce(Subquery(counted, IntegerField()), 0))
