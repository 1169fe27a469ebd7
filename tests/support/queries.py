"""How many questions to Postgres a page costs."""

from django.db import connection
from django.test.utils import CaptureQueriesContext


def queries(client, address) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)
