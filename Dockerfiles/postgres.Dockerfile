# PostgreSQL 17 from Debian's packages, reduced to what the server, its first start and psql need: no package manager, no compiler.
# A shell stays, because initdb starts the server's bootstrap through it.
ARG DEBIAN=debian:trixie-slim

FROM ${DEBIAN} AS packages
# No cluster is made while the package is installed. Versions stay open: Debian keeps only the newest of a release.
RUN mkdir -p /etc/postgresql-common \
    && echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf \
    && apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends postgresql-17 \
    && rm -rf /var/lib/apt/lists/*
COPY collect-rootfs /usr/local/bin/
RUN collect-rootfs /rootfs
COPY postgresql.conf pg_hba.conf pg_ident.conf database.sql password.sql /rootfs/etc/postgresql/
COPY entrypoint postgres-ready /rootfs/usr/local/bin/

FROM scratch
LABEL org.opencontainers.image.title="todo-postgres" \
      org.opencontainers.image.description="PostgreSQL of the Todo application, for development" \
      org.opencontainers.image.licenses="PostgreSQL"
COPY --from=packages /rootfs /
# The data directory lies in a folder of its own inside the volume, named after the major version it belongs to.
ENV PATH=/usr/local/bin:/usr/lib/postgresql/17/bin:/usr/bin \
    PGDATA=/var/lib/postgresql/17 \
    PGHOST=/run/postgresql \
    PGUSER=todo \
    PGDATABASE=todo
USER 10001:10001
WORKDIR /var/lib/postgresql
EXPOSE 5432
# "Fast" shutdown: open sessions are ended, data are written, nothing is waited for.
STOPSIGNAL SIGINT
HEALTHCHECK --interval=5s --timeout=2s --start-period=30s --retries=3 CMD ["postgres-ready"]
ENTRYPOINT ["entrypoint"]
