# The service and, by another command, its demo backend. scripts/container/rehearse.mjs reads this file
# and goes through its steps where there is no container engine.

# Builds with the development dependencies; none of them reach the image.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY service/package.json ./service/
RUN npm ci --ignore-scripts
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY scripts/bundle.mjs scripts/service-bundle.mjs ./scripts/
COPY src ./src
RUN npm run build

FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY service/package.json ./service/
RUN npm ci --omit=dev --ignore-scripts
# An optional peer of @nestjs/swagger, which npm takes along because it is in the lock: nothing here asks for it.
RUN rm -rf node_modules/typescript node_modules/.bin/tsc node_modules/.bin/tsserver

FROM node:24-slim AS production
LABEL org.opencontainers.image.title="breakwater" \
      org.opencontainers.image.description="A proxy that coalesces requests and breaks circuits" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production \
    PORT=3000 \
    CACHE_DIR=/app/cache
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
COPY service/package.json ./service/
COPY scripts/healthcheck.mjs ./scripts/
# Whoever the service runs as may write there; a volume starts out with the same permissions.
RUN mkdir -m 1777 cache
VOLUME ["/app/cache"]
# By number, so that an orchestrator can tell that it is not root. Everything above belongs to root: the
# service can read its files and write nowhere but to the volume.
USER 10001:10001
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "scripts/healthcheck.mjs"]
CMD ["node", "--enable-source-maps", "dist/main.js"]
