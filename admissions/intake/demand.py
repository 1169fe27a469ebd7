"""How many people asked for us while no phone time was free soon."""

from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from admissions.scheduling.models import Shortage

from .models import ConsultationRequest


def annotate_demand(shortages: QuerySet[Shortage]) -> QuerySet[Shortage]:
    """Annotate `requests_meanwhile`: the requests in the shortage's language while it lasted."""
    requests = ConsultationRequest.objects.filter(
        language=OuterRef("language"),
        created_at__gte=OuterRef("began_at"),
        created_at__lte=Coalesce(OuterRef("ended_at"), F("created_at")),
    )
    counted = requests.order_by().values("language").annotate(n=Count("pk")).values("n")
    return shortages.annotate(requests_meanwhile=Coalesce(Subquery(counted, IntegerField()), 0))
