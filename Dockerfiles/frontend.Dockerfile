# The Next.js standalone server: built with npm, run by node alone, without shell, npm, sharp or source maps. Build context: app/frontend.
# The base has node, npm, a shell and glibc; nothing of it but node gets into the image. To pin it further, add its digest
# (`docker buildx imagetools inspect IMAGE` prints it): --build-arg NODE_BUILD=node:24-trixie-slim@sha256:...
ARG NODE_BUILD=node:24-trixie-slim

FROM ${NODE_BUILD} AS build
# The date of every file, so that the same inputs give the same layers, bit by bit.
ARG SOURCE_DATE_EPOCH=1767225600
ENV NEXT_TELEMETRY_DISABLED=1
COPY collect-node /usr/local/bin/
RUN collect-node /image/node
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
# On a network that re-signs TLS the builder hands in that authority as the secret `ca`.
RUN --mount=type=cache,target=/root/.npm \
    --mount=type=secret,id=ca,required=false \
    if [ -f /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca; fi \
    && npm ci --omit=dev --prefer-offline
COPY . .
RUN npm run build \
    && mkdir -p /image/server \
    && mv .next/standalone /image/server/app \
    && chmod -R u=rwX,go=rX /image/server \
    && find /image/server -exec touch --no-dereference --date="@${SOURCE_DATE_EPOCH}" {} +

FROM scratch
LABEL org.opencontainers.image.title="todo-frontend" \
      org.opencontainers.image.description="Web pages of the Todo application and the way from the browser to its API" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /image/node /
COPY --from=build /image/server /
ENV PATH=/usr/local/bin:/usr/bin \
    NODE_ENV=production \
    NEXT_TELEMETRY_DISABLED=1 \
    HOSTNAME=0.0.0.0 \
    PORT=3000
WORKDIR /app
USER 10001:10001
EXPOSE 3000
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 CMD ["node", "runtime/health.mjs"]
ENTRYPOINT ["node", "runtime/start.mjs"]
