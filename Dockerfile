FROM golang:1.26-alpine AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# GitHub builds this file without build arguments, so the version is read from
# cmd/gate/VERSION and only refined by them.
ARG COMMIT=
ARG DATE=
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.commit=${COMMIT} -X main.date=${DATE}" -o /out/gate ./cmd/gate

FROM alpine:3.22
RUN apk add --no-cache ca-certificates
COPY --from=build /out/gate /usr/local/bin/gate
# No ENTRYPOINT: GitLab's runner keeps an image's entrypoint and hands it its own
# shell call. No USER: only root may write into the workspace that GitHub mounts.
CMD ["gate", "--help"]
