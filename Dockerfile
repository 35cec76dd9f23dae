# One image for every process; the command says which one runs, see docker-compose.yml.

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN python -m venv /opt/shortlink
# The libraries first: they change less often than the code, and their layer is kept.
COPY requirements-runtime.lock ./
RUN /opt/shortlink/bin/pip install --require-hashes -r requirements-runtime.lock
COPY LICENSE README.md pyproject.toml ./
COPY shortlink shortlink
COPY worker worker
RUN /opt/shortlink/bin/pip install --no-deps .

FROM python:3.11-slim-bookworm
# No name has to be looked up for a number, but tools that ask who they are get an answer.
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin shortlink
# A volume that is mounted here takes over its owner.
RUN install -d -m 0700 -o 10001 -g 10001 /archive /spool
COPY --from=build /opt/shortlink /opt/shortlink
ENV PATH=/opt/shortlink/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /tmp
EXPOSE 8000
CMD ["python", "-m", "shortlink.web", "--door", "api", "--host", "0.0.0.0", "--port", "8000"]
