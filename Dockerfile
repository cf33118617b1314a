# JAC's server as a container image (docs/install.md). The stage "jac" does not depend on the others: scripts/image builds and starts it
# from another base if no registry can be reached.
#
#   docker build -t jac .                       the server: clusters on EC2 and over SSH
#   docker build -t jac --target with-java .    with Java too: for machines over SSH that have none, and for nodes in the container
ARG BASE=docker.io/library/debian:bookworm-slim

FROM docker.io/library/node:22-bookworm-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web ./
RUN npm run build

FROM docker.io/library/rust:1.95-bookworm AS build
WORKDIR /src
COPY . ./
COPY --from=web /src/web/dist web/dist
COPY --from=web /src/web/dist-report web/dist-report
RUN cargo build --release --locked -p jac && mkdir /out && strip -o /out/jac target/release/jac

# --- The image -------------------------------------------------------------------------------------------------------
FROM ${BASE} AS jac
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log \
    && useradd --system --uid 10001 --user-group --home-dir /home/jac --create-home --shell /usr/sbin/nologin jac \
    && install -d -o jac -g jac -m 0700 /data
COPY --from=build /out/jac /usr/local/bin/jac
# A numeric ID, so that an orchestrator can see that it is not root.
USER 10001:10001
ENV JAC_DATA_DIR=/data JAC_LISTEN=0.0.0.0:8080 HOME=/home/jac
VOLUME /data
WORKDIR /home/jac
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD jac health || exit 1
ENTRYPOINT ["jac"]
CMD ["serve"]

# --- The same with Java ----------------------------------------------------------------------------------------------
FROM jac AS with-java
USER root
RUN apt-get update \
    && apt-get install -y --no-install-recommends openjdk-17-jre-headless bash procps \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log
USER 10001:10001

# The default target of `docker build .`.
FROM jac
