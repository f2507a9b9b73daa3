# Base images by digest; Renovate moves them (renovate.json). The builder runs on the
# machine's own platform and cross-compiles, so no emulator takes part. A builder
# without BuildKit knows no BUILDPLATFORM and no TARGETARCH, and builds for itself.
FROM --platform=${BUILDPLATFORM:-linux/amd64} golang:1.26-alpine@sha256:7a3e50096189ad57c9f9f865e7e4aa8585ed1585248513dc5cda498e2f41812c AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# GitHub builds this file without build arguments, so the version is read from
# cmd/gate/VERSION and only refined by them.
ARG COMMIT=
ARG DATE=
ARG TARGETARCH
RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -trimpath -ldflags "-s -w -X main.commit=${COMMIT} -X main.date=${DATE}" -o /out/gate ./cmd/gate

# Nothing is run in this stage, for the platform may be another one.
FROM alpine:3.22@sha256:14358309a308569c32bdc37e2e0e9694be33a9d99e68afb0f5ff33cc1f695dce
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/gate /usr/local/bin/gate
# No ENTRYPOINT: GitLab's runner keeps an image's entrypoint and hands it its own
# shell call. No USER: only root may write into the workspace that GitHub mounts.
CMD ["gate", "--help"]
