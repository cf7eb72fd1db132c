# The server in an image of its own: what the lock file names by its hash, nobody's root, calls in the volume /data.

FROM python:3.11.14-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
WORKDIR /src
COPY requirements.lock ./
RUN python -m venv /opt/callcenter \
    && /opt/callcenter/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY migrations ./migrations
COPY callcenter ./callcenter
# What only builds stays behind: hatchling with what it alone needs, then pip itself.
RUN /opt/callcenter/bin/pip install --no-deps --no-build-isolation . \
    && /opt/callcenter/bin/pip uninstall --yes hatchling editables pathspec pluggy tomlkit trove-classifiers \
    && /opt/callcenter/bin/pip check \
    && /opt/callcenter/bin/pip uninstall --yes setuptools pip

FROM python:3.11.14-slim-bookworm
RUN groupadd --system --gid 10001 callcenter \
    && useradd --system --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin callcenter \
    && install --directory --owner=10001 --group=10001 --mode=0700 /data
COPY --from=build /opt/callcenter /opt/callcenter
# A container's port is for others, so a key is asked: without CALLCENTER_API_KEYS the server says so and ends.
ENV PATH=/opt/callcenter/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    CALLCENTER_AUTH=required \
    CALLCENTER_DATA_DIR=/data \
    CALLCENTER_HOST=0.0.0.0
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ.get('CALLCENTER_PORT', '8000') + '/healthz', timeout=4)"]
# In exec form the server is process 1 and gets SIGTERM itself: it ends its turns, then stops.
ENTRYPOINT ["callcenter"]
CMD ["serve"]
