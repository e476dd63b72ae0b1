# syntax=docker/dockerfile:1
ARG PYTHON_VERSION=3.12

# ---- build: the virtual environment, from pinned versions only ---------------------------------
FROM python:${PYTHON_VERSION}-slim AS build

# A package mirror, when the ordinary index cannot be reached from where the image is built:
#   docker build --build-arg PIP_INDEX_URL=... .
ARG PIP_INDEX_URL=""

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PYTHONDONTWRITEBYTECODE=1

WORKDIR /build
RUN python -m venv /opt/kaiche
ENV PATH="/opt/kaiche/bin:${PATH}"

# Third-party packages change seldom: this layer is rebuilt only when what is asked for changes.
COPY constraints.txt pyproject.toml README.md LICENSE ./
RUN if [ -z "${PIP_INDEX_URL}" ]; then unset PIP_INDEX_URL; fi \
    && mkdir -p service optimizer connectors \
    && pip install --constraint constraints.txt setuptools \
    && pip install --constraint constraints.txt --no-build-isolation .

COPY service service
COPY optimizer optimizer
COPY connectors connectors
RUN pip install --no-build-isolation --no-deps --no-index --force-reinstall . \
    && pip uninstall --yes setuptools \
    && kaiche --help >/dev/null

# ---- run: no compiler, no package index, no root -----------------------------------------------
FROM python:${PYTHON_VERSION}-slim AS run

RUN groupadd --system --gid 10001 kaiche \
    && useradd --system --uid 10001 --gid kaiche --home-dir /srv/kaiche --shell /usr/sbin/nologin kaiche \
    && mkdir -p /srv/kaiche/var /srv/kaiche/reports \
    && chown -R kaiche:kaiche /srv/kaiche

COPY --from=build /opt/kaiche /opt/kaiche
COPY --chown=root:root config /srv/kaiche/config

ENV PATH="/opt/kaiche/bin:${PATH}" \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    LANG=C.UTF-8 \
    KAICHE_CONFIG=/srv/kaiche/config/kaiche.yaml

WORKDIR /srv/kaiche
USER 10001:10001
VOLUME ["/srv/kaiche/var"]
EXPOSE 8750

HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8750/healthz', timeout=4).read()"]

ENTRYPOINT ["kaiche"]
CMD ["serve", "--host", "0.0.0.0"]
