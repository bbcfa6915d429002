# The Next.js standalone server: built with npm, run by node alone, without shell, npm, sharp or source maps.
ARG NODE_BUILD=node:24-trixie-slim
ARG NODE_RUNTIME=node:24-trixie-slim

FROM ${NODE_BUILD} AS build
ENV NEXT_TELEMETRY_DISABLED=1
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
# On a network that re-signs TLS the builder hands in that authority as the secret `ca`.
RUN --mount=type=cache,target=/root/.npm \
    --mount=type=secret,id=ca,required=false \
    if [ -f /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca; fi \
    && npm ci --omit=dev --prefer-offline
COPY . .
RUN npm run build

FROM ${NODE_RUNTIME}
LABEL org.opencontainers.image.title="todo-frontend" \
      org.opencontainers.image.description="Web pages of the Todo application and the way from the browser to its API" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production \
    NEXT_TELEMETRY_DISABLED=1 \
    HOSTNAME=0.0.0.0 \
    PORT=3000
WORKDIR /app
COPY --from=build /src/.next/standalone ./
USER 10001:10001
EXPOSE 3000
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 CMD ["node", "runtime/health.mjs"]
ENTRYPOINT ["node", "runtime/start.mjs"]
