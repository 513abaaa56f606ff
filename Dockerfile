# The service in a container: the same commands as on any machine, then a user who may write nowhere but to /data.

FROM python:3.11-slim AS build
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev make && rm -rf /var/lib/apt/lists/*
WORKDIR /app
# The environment first: it changes less often than the code.
COPY Makefile pyproject.toml requirements.lock README.md LICENSE ./
COPY catalog ./catalog
COPY service ./service
COPY samples ./samples
RUN make setup
RUN .venv/bin/python -m compileall -q catalog service

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin whittle \
    && install --directory --owner whittle --group whittle /data
WORKDIR /app
COPY --from=build /app /app
USER whittle
ENV PATH=/app/.venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
# All interfaces, for the container's own network to reach; it still answers to the names of the loopback interface
# only: `--allowed-host` adds the name that a proxy in front of it is known by.
CMD ["whittle", "serve", "--trail", "samples/trail", "--host", "0.0.0.0", "--port", "8000", "--data-dir", "/data"]
