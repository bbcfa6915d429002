# The backend: FastAPI in a virtual environment on a plain Python base. Build context: app/backend.
# The two bases must have the same Python at the same place.
ARG PYTHON_BUILD=python:3.13-slim-trixie
ARG PYTHON_RUNTIME=python:3.13-slim-trixie

FROM ${PYTHON_BUILD} AS build
COPY requirements.txt /build/
# pip stays outside the environment that is shipped. The secret "ca" is the CA bundle of a network that re-signs TLS.
# What is removed is never imported: pycparser serves only to compile C interfaces, tests only the packages' authors.
# Byte code is checked by hash, so that the same inputs give the same files.
RUN --mount=type=secret,id=ca,required=false --mount=type=cache,target=/root/.cache/pip \
    if [ -f /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi \
    && python3 -m venv /build/pip \
    && python3 -m venv --without-pip /opt/venv \
    && /build/pip/bin/pip --python /opt/venv/bin/python install --disable-pip-version-check --no-compile \
        --only-binary :all: --require-hashes -r /build/requirements.txt \
    && rm -rf /opt/venv/lib/python3*/site-packages/pycparser \
    && find /opt/venv -type d \( -name tests -o -name test \) -prune -exec rm -rf {} + \
    && find /opt/venv \( -name '*.pyi' -o -name '*.pxd' -o -name '*.pyx' \) -delete \
    && /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/venv/lib
COPY app /srv/backend/app
RUN /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /srv/backend

FROM ${PYTHON_RUNTIME}
LABEL org.opencontainers.image.title="todo-backend" \
      org.opencontainers.image.description="Backend of the Todo application" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/backend /srv/backend
# The root file system may be read-only: nothing is written, byte code is there already.
# Blocks of 1 MiB and more go back to the system when they are freed: a password hash takes 19 MiB for a moment.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_MMAP_THRESHOLD_=1048576 \
    PORT=8080
WORKDIR /srv/backend
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["python", "-m", "app.healthcheck"]
CMD ["python", "-m", "app"]
