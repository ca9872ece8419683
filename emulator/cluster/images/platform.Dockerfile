# Controllers, gateways and the store of bundles: Node and Slipway, nothing else.
# Build in the root of the project after `npm run build`:
#   docker build -f emulator/cluster/images/platform.Dockerfile --build-arg BASE=node:22-bookworm-slim -t slipway/platform .
ARG BASE=node:22-bookworm-slim
FROM ${BASE}
COPY package.json /app/package.json
COPY dist/cluster.js dist/fetch.js /app/dist/
USER 65532:65532
WORKDIR /app
ENTRYPOINT ["node", "/app/dist/cluster.js"]
