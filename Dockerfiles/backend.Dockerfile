# The backend: FastAPI in a virtual environment, run by Python alone. Build context: app/backend.
# The base has Python with venv, a shell and glibc; nothing of it but the interpreter gets into the image. To pin it further, add its
# digest (`docker buildx imagetools inspect IMAGE` prints it): --build-arg PYTHON_BUILD=python:3.13-slim-trixie@sha256:...
ARG PYTHON_BUILD=python:3.13-slim-trixie

FROM ${PYTHON_BUILD} AS build
# The date of every file, so that the same inputs give the same layers, bit by bit.
ARG SOURCE_DATE_EPOCH=1767225600
COPY requirements.txt /build/
# pip stays outside the environment that is shipped. The secret "ca" is the CA bundle of a network that re-signs TLS.
# What is removed is never used: commands, pycparser (it compiles C interfaces), the packages' tests and typing files.
# Byte code is checked by hash, not by date.
RUN --mount=type=secret,id=ca,required=false --mount=type=cache,target=/root/.cache/pip \
    if [ -f /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi \
    && python3 -m venv /build/pip \
    && python3 -m venv --without-pip /opt/venv \
    && /build/pip/bin/pip --python /opt/venv/bin/python install --disable-pip-version-check --no-compile \
        --only-binary :all: --require-hashes -r /build/requirements.txt \
    && find /opt/venv/bin -type f -delete \
    && rm -rf /opt/venv/.gitignore /opt/venv/include /opt/venv/lib/python3*/site-packages/pycparser \
    && find /opt/venv -type d \( -name tests -o -name test \) -prune -exec rm -rf {} + \
    && find /opt/venv \( -name '*.pyi' -o -name '*.pxd' -o -name '*.pyx' \) -delete \
    && /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/venv/lib
COPY collect-python /usr/local/bin/
RUN collect-python /opt/venv /image/python \
    && mkdir -p /image/packages/opt /image/application/srv/backend \
    && mv /opt/venv /image/packages/opt/ \
    && chmod -R u=rwX,go=rX /image/packages \
    && find /image/packages -exec touch --no-dereference --date="@${SOURCE_DATE_EPOCH}" {} +
COPY app /image/application/srv/backend/app
RUN python3 -m compileall -q --invalidation-mode unchecked-hash -s /image/application -p / /image/application \
    && chmod -R u=rwX,go=rX /image/application \
    && find /image/application -exec touch --no-dereference --date="@${SOURCE_DATE_EPOCH}" {} +

FROM scratch
LABEL org.opencontainers.image.title="todo-backend" \
      org.opencontainers.image.description="Backend of the Todo application" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /image/python /
COPY --from=build /image/packages /
COPY --from=build /image/application /
# The root file system may be read-only: nothing is written, byte code is there already.
# Blocks of 1 MiB and more go back to the system when they are freed: a password hash takes 19 MiB for a moment.
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin \
    LANG=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_MMAP_THRESHOLD_=1048576 \
    PORT=8080
WORKDIR /srv/backend
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["python", "-m", "app.healthcheck"]
CMD ["python", "-m", "app"]
