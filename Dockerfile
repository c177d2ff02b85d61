# One image for all of Keepsake. The command chooses the process: web, backend, sweep or preflight.
# Built by scripts/build-image, which gives the arguments; `docker build .` alone works too.

# Everything that is compiled or installed is plain JavaScript, so it is made once, on the builder's own
# architecture, and copied into each image: no emulation compiles anything.
FROM --platform=$BUILDPLATFORM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
COPY tsconfig.json tsconfig.build.json ./
COPY LICENSE ./
COPY scripts scripts
COPY app app
RUN npm run --silent build
# In the image go what runs, what it needs in production, the list of that, and the licence.
ARG SOURCE_DATE_EPOCH=0
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error \
 && mkdir -p /image/build && cp -r build/app build/bin /image/build/ && cp -r node_modules package.json LICENSE /image/ \
 && find /image -name '*.map' -type f -delete \
 && find /image/node_modules -type f \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete \
 && find /image -type d -empty -delete \
 && node scripts/support/sbom.js > /image/sbom.cdx.json \
 && chmod -R u=rwX,go=rX /image \
 && find /image -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +

FROM node:24-bookworm-slim
# First of all, since it carries the commit's time in its list: what came before it in the cache would
# carry that of another commit, and what comes after it is made again.
COPY --from=build /image/ /app/
# Nothing installs packages in a running container; what can't be run needs no patching. A new volume
# that is mounted at /data takes this folder's owner.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
      /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn-* /root/.npm /tmp/* \
 && install -d -o 1000 -g 1000 /data
WORKDIR /app
# The processes by name. `env` becomes node itself, without a shell, so signals reach node.
ENV PATH=/app/build/bin:$PATH \
    NODE_ENV=production \
    LISTEN_ADDRESS=:: \
    UV_THREADPOOL_SIZE=16
# By number, so that Kubernetes can see that it isn't root. Node's image has this user.
USER 1000:1000
EXPOSE 8080 8081 9090 9091
ENTRYPOINT []
CMD ["web"]
ARG VERSION=0 REVISION=unknown CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="Keepsake" \
      org.opencontainers.image.description="A chat app whose conversations and replies in progress survive restarts, rollouts and the loss of any pod, in plain files." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.created="$CREATED" \
      org.opencontainers.image.base.name="docker.io/library/node:24-bookworm-slim"
