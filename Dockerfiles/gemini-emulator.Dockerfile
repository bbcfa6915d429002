# The Gemini emulator: Starlette in a virtual environment, run by Python alone. Build context: app/gemini_emulator.
# The base has Python with venv, a shell and glibc; nothing of it but the interpreter gets into the image. To pin it further, add its
# digest (`docker buildx imagetools inspect IMAGE` prints it): --build-arg PYTHON_BUILD=python:3.13-slim-trixie@sha256:...
ARG PYTHON_BUILD=python:3.13-slim-trixie

FROM ${PYTHON_BUILD} AS build
# The date of every file, so that the same inputs give the same layers, bit by bit.
ARG SOURCE_DATE_EPOCH=1767225600
COPY requirements.txt /build/
# pip stays outside the environment that is shipped. The secret "ca" is the CA bundle of a network that re-signs TLS.
# What is removed is never used: commands.
# Byte code is checked by hash, not by date.
RUN --mount=type=secret,id=ca,required=false --mount=type=cache,target=/root/.cache/pip \
    if [ -f /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi \
    && python3 -m venv /build/pip \
    && python3 -m venv --without-pip /opt/venv \
    && /build/pip/bin/pip --python /opt/venv/bin/python install --disable-pip-version-check --no-compile \
        --only-binary :all: --require-hashes -r /build/requirements.txt \
    && find /opt/venv/bin -type f -delete \
    && rm -rf /opt/venv/.gitignore /opt/venv/include \
    && /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/venv/lib
COPY collect-python /usr/local/bin/
RUN collect-python /opt/venv /image/python \
    && mkdir -p /image/packages/opt /image/application/srv/gemini-emulator \
    && mv /opt/venv /image/packages/opt/ \
    && chmod -R u=rwX,go=rX /image/packages \
    && find /image/packages -exec touch --no-dereference --date="@${SOURCE_DATE_EPOCH}" {} +
COPY gemini_emulator /image/application/srv/gemini-emulator/gemini_emulator
RUN python3 -m compileall -q --invalidation-mode unchecked-hash -s /image/application -p / /image/application \
    && chmod -R u=rwX,go=rX /image/application \
    && find /image/application -exec touch --no-dereference --date="@${SOURCE_DATE_EPOCH}" {} +

FROM scratch
LABEL org.opencontainers.image.title="todo-gemini-emulator" \
      org.opencontainers.image.description="Emulator of the Gemini API for development and tests of the Todo application" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /image/python /
COPY --from=build /image/packages /
COPY --from=build /image/application /
# The root file system may be read-only: nothing is written, byte code is there already.
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin \
    LANG=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1 \
    PORT=8090
WORKDIR /srv/gemini-emulator
USER 10001:10001
EXPOSE 8090
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["python", "-m", "gemini_emulator.healthcheck"]
CMD ["python", "-m", "gemini_emulator"]
