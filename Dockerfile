# watchtower as a container: two stages, so that what built it does not ship.
# BASE must be a glibc system with Python 3.11 or newer and its venv module; musl has no wheels of cel-expr-python.
ARG BASE=python:3.11-slim

FROM ${BASE} AS build
WORKDIR /build
# The dependencies first: they change seldom, and their layer is then kept.
COPY requirements/run.txt requirements/run.txt
RUN python3 -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
# What installs and builds is not needed to run, and a container is not updated from within.
RUN /opt/venv/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /build/dist . \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps /build/dist/*.whl \
    && /opt/venv/bin/python -m pip uninstall --yes --quiet editables hatchling setuptools pip \
    && /opt/venv/bin/watchtower --version

FROM ${BASE}
# Give it 160 MiB of memory or more: a reload is read by a process beside the daemon (docs/settings.md, Memory).
# A number of its own, so that a volume's owner is the same on every host.
RUN groupadd --system --gid 10001 watchtower \
    && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/watchtower \
        --shell /usr/sbin/nologin watchtower \
    && install --directory --owner=10001 --group=10001 --mode=0750 /var/lib/watchtower
COPY --from=build /opt/venv /opt/venv
# Something to look at on the first start; mount your own over /etc/watchtower.
COPY rules.toml /etc/watchtower/rules.toml
COPY checks /etc/watchtower/checks
# python:3.11-slim comes without bytecode of Python's own library, and nobody may write it later: each start, and the health
# check every 15 s, would compile what it imports. Once here, for what is imported: 4.8 MB.
RUN WATCHTOWER_RULES=/etc/watchtower/rules.toml WATCHTOWER_CHECKS=/etc/watchtower/checks \
        /opt/venv/bin/watchtower check-config >/dev/null \
    && /opt/venv/bin/python -c "import sqlite3, urllib.request, watchtower.app.daemon, watchtower.app.serving"

# It listens on every interface of the container, so reading needs a right: `watchtower account link` inside of it gives the
# first admin a link (docs/access.md).
# The root may be read-only: nothing is written outside of /var/lib/watchtower.
ENV PATH=/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    WATCHTOWER_RULES=/etc/watchtower/rules.toml \
    WATCHTOWER_CHECKS=/etc/watchtower/checks \
    WATCHTOWER_STORE=sqlite:////var/lib/watchtower/watchtower.db \
    WATCHTOWER_LISTEN=0.0.0.0:9464 \
    WATCHTOWER_LOG_FORMAT=json
WORKDIR /var/lib/watchtower
USER 10001:10001
VOLUME ["/var/lib/watchtower"]
EXPOSE 9464
STOPSIGNAL SIGTERM
# Whether the process lives; whether it is ready is asked at /readyz by whoever sends traffic. Not by a proxy of the environment.
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:' + os.environ['WATCHTOWER_LISTEN'].rpartition(':')[2] + '/healthz', timeout=2)"]
ENTRYPOINT ["watchtower"]
CMD ["run"]
