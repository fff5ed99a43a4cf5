# syntax=docker/dockerfile:1
# One image a program: docker build --target dispatcher|tracker|simulator .
FROM golang:1.26-alpine AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '-s -w' -o /bin/cabstand/ ./cmd/...

# Certificates and time zones for JWKS addresses and TLS, busybox for the health
# check; the programs themselves are static. The data folder is there, and the
# user's, so that a volume mounted on it is, too.
FROM alpine:3.22 AS base
RUN apk add --no-cache ca-certificates tzdata \
    && adduser -D -H -u 10001 cabstand \
    && install -d -o cabstand -g cabstand /var/lib/cabstand
USER cabstand
WORKDIR /var/lib/cabstand

FROM base AS simulator
COPY --from=build /bin/cabstand/simulator /usr/local/bin/
ENTRYPOINT ["simulator"]

FROM base AS server
ENV CABSTAND_LISTEN=0.0.0.0:8080 CABSTAND_LOG_FORMAT=json
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=6 \
    CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/readyz"]

FROM server AS tracker
COPY --from=build /bin/cabstand/tracker /usr/local/bin/
ENTRYPOINT ["tracker"]
CMD ["serve"]

FROM server AS dispatcher
COPY --from=build /bin/cabstand/dispatcher /usr/local/bin/
ENTRYPOINT ["dispatcher"]
CMD ["serve"]
