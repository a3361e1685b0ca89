# One image for every part: `run` in one container, or `run --only plan|dispatch|inbound` in several.
# Nothing of a checkout comes in but what is named here: no .env, no database, no key.
FROM python:3.11.14-slim-trixie AS made
WORKDIR /src
COPY requirements.lock ./
RUN python -m venv /opt/thinkfamily \
    && /opt/thinkfamily/bin/python -m pip install --no-cache-dir --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md LICENSE scheduler.py ./
COPY bot ./bot
COPY campaigns ./campaigns
COPY templates ./templates
COPY config ./config
RUN /opt/thinkfamily/bin/python -m pip install --no-cache-dir --no-deps .

FROM python:3.11.14-slim-trixie
# pg_dump and pg_restore, for `thinkfamily backup`: Debian 13 has those of PostgreSQL 17, as compose.yaml's server is.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/*
RUN groupadd --system --gid 10001 thinkfamily \
    && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /srv/thinkfamily thinkfamily \
    && install -d -o 10001 -g 10001 -m 0700 /srv/thinkfamily /srv/thinkfamily/var
COPY --from=made /opt/thinkfamily /opt/thinkfamily
ENV PATH=/opt/thinkfamily/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    THINKFAMILY_HOST=0.0.0.0 \
    THINKFAMILY_PORT=8080
USER 10001:10001
WORKDIR /srv/thinkfamily
VOLUME /srv/thinkfamily/var
EXPOSE 8080
STOPSIGNAL SIGTERM
# Ill at 503 and when nobody answers. The image has no curl.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['THINKFAMILY_PORT'] + '/healthz', timeout=8)"]
ENTRYPOINT ["thinkfamily"]
CMD ["run"]
