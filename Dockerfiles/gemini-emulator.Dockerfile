# The Gemini emulator: Starlette in a virtual environment on a plain Python base. Build context: app/gemini_emulator.
# The two bases must have the same Python at the same place.
ARG PYTHON_BUILD=python:3.13-slim-trixie
ARG PYTHON_RUNTIME=python:3.13-slim-trixie

FROM ${PYTHON_BUILD} AS build
COPY requirements.txt /build/
# pip stays outside the environment that is shipped. The secret "ca" is the CA bundle of a network that re-signs TLS.
# Byte code is checked by hash, so that the same inputs give the same files.
RUN --mount=type=secret,id=ca,required=false --mount=type=cache,target=/root/.cache/pip \
    if [ -f /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi \
    && python3 -m venv /build/pip \
    && python3 -m venv --without-pip /opt/venv \
    && /build/pip/bin/pip --python /opt/venv/bin/python install --disable-pip-version-check --no-compile \
        --only-binary :all: --require-hashes -r /build/requirements.txt \
    && /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/venv/lib
COPY gemini_emulator /srv/gemini-emulator/gemini_emulator
RUN /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /srv/gemini-emulator

FROM ${PYTHON_RUNTIME}
LABEL org.opencontainers.image.title="todo-gemini-emulator" \
      org.opencontainers.image.description="Emulator of the Gemini API for development and tests of the Todo application" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/gemini-emulator /srv/gemini-emulator
# The root file system may be read-only: nothing is written, byte code is there already.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PORT=8090
WORKDIR /srv/gemini-emulator
USER 10001:10001
EXPOSE 8090
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["python", "-m", "gemini_emulator.healthcheck"]
CMD ["python", "-m", "gemini_emulator"]
