# Replicas: Python, the runtime of Slipway, and the frameworks that the services of a cluster share.
# Build in the root of the project:
#   docker build -f emulator/cluster/images/replica.Dockerfile --build-arg BASE=python:3.11-slim-bookworm \
#     --build-arg REQUIREMENTS="numpy==2.3.5 tensorflow-cpu==2.21.0" -t slipway/replica .
ARG BASE=python:3.11-slim-bookworm
FROM ${BASE}
ARG REQUIREMENTS=numpy
ARG PIP_OPTIONS=
RUN python3 -m pip install --no-cache-dir ${PIP_OPTIONS} ${REQUIREMENTS}
COPY emulator/runtime/slipway /opt/slipway/runtime/slipway
ENV PYTHONPATH=/opt/slipway/runtime PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
WORKDIR /tmp
