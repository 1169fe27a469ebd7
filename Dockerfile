# syntax=docker/dockerfile:1
# The site as one image: the web, every worker and beat run from it, each by its own command.
# deploy/ and compose.yaml use it; docs/operations.md says how.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /venv
WORKDIR /site
# requirements-sentry.txt for who sets SENTRY_DSN.
ARG REQUIREMENTS=requirements.txt
COPY requirements.txt requirements-sentry.txt ./
# Wheels alone, and each with the hash that stands beside it: nothing is compiled here.
RUN /venv/bin/pip install --only-binary :all: --require-hashes -r "$REQUIREMENTS"
COPY . .
# Hashed and compressed files are part of the image, and so is what Python compiles: its root may
# stay read-only. No database and no secret is needed for either.
RUN VAR=/site/var /venv/bin/python manage.py collectstatic --no-input --verbosity 0 \
    && /venv/bin/python -m compileall -q /venv/lib /site/admissions /site/programs \
       /site/recovery_site /site/users

FROM python:${PYTHON}-slim-trixie AS site
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR=/site/var PORT=8000
RUN groupadd --system --gid 10001 recovery \
    && useradd --system --uid 10001 --gid recovery --home-dir /nonexistent --no-create-home recovery
COPY --from=build /venv /venv
COPY --from=build /site /site
WORKDIR /site
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "deploy/ask", "healthz"]
CMD ["gunicorn", "--config", "python:recovery_site.gunicorn_conf", "--bind", "0.0.0.0:8000", \
     "--worker-tmp-dir", "/dev/shm", "recovery_site.wsgi"]

# The same with Postgres's own programs, of the version that compose.yaml runs, for backups alone.
FROM site AS backup
USER root
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql-client-17 \
    && rm -rf /var/lib/apt/lists/* \
    && install --directory --owner recovery --group recovery --mode 0700 /var/lib/recovery-backups
USER 10001:10001
HEALTHCHECK NONE
CMD ["python", "manage.py", "backup", "--keep-days", "35"]
