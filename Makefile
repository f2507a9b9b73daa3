# Every target is what CI does too; nothing there that a laptop cannot do.
.PHONY: build test bench lint example docs image

build: ## the binary, into bin/
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.commit=$$(git rev-parse --short HEAD 2>/dev/null)" -o bin/gate ./cmd/gate

test: ## installs the servers that the tests start, then runs all tests
	./scripts/test-deps
	./scripts/test

bench: ## the gate next to bare programs and curl, in turn; prints ratios
	go run ./scripts/benchmark

lint: ## gofmt, vet, staticcheck, actionlint, shellcheck, govulncheck
	./scripts/lint

example: ## the gate on the example upgrade; it blocks, so make reports exit 1
	go run ./cmd/gate run --config examples/upgrade/gate.yaml --phase pre

docs: ## docs/rules.md from the rules themselves, docs/configuration.md from the decoder
	go run ./cmd/gate rules --format markdown >docs/rules.md
	go run ./cmd/gate schema config --format markdown >docs/configuration.md

image: ## the image, as GitHub builds it
	docker build -t gate:local .
