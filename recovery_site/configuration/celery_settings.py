"""How Celery works whatever the environment says: Redis only wakes workers."""

import sys

CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    # Kombu would try three times, six seconds in all; a worker has its own patience.
    "max_retries": 0,
}
# A booking must not wait for Redis: one quick try, and the sweep does the rest.
CELERY_TASK_PUBLISH_RETRY = False
# Celery would make a new connection to Postgres for each task; recovery_site.celery renews them.
CELERY_DB_REUSE_MAX = sys.maxsize
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
