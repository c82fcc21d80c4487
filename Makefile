# The two commands that a newcomer needs are `make demo` and `make test`. Everything else is a part of them.

GO      ?= go
CACHE   ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/dynomad/bin
FUZZTIME ?= 1m
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)

# What is tried once more with dynos as containers: deploy, scale, log, config, rollback, the walls around a dyno, and every
# command of the translator's tests. It needs root and Docker's packages, and says so where they are missing.
DOCKER_TESTS := TestDeploy|TestLog|TestRollback|TestADyno|TestRooms/(translator|cmd)

.PHONY: help build demo test check lint unit e2e bench fuzz clean

help: ## this list
	@awk -F':.*## ' '/^[a-z0-9]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## bin/dynomad and bin/dynomad-agent
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/dynomad ./cmd/dynomad
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o bin/dynomad-agent ./cmd/dynomad-agent

demo: build ## a cluster, two apps on it, their URLs; until Ctrl-C
	@sh examples/demo

test: check e2e ## everything: check, then the real cluster

check: lint unit ## what needs no cluster, at most five minutes

lint: $(CACHE)/golangci-lint-v2.15.0
	$(GO) vet ./... && $(GO) vet -tags e2e ./...
	$< run

unit: ## unit, golden, property and contract tests under the race detector
	$(GO) test -race ./...

e2e: build ## a real Consul, Nomad, Fabio and edge on this machine
	bin/dynomad dev tools consul nomad fabio
	$(GO) test -tags e2e -count 1 -timeout 10m ./internal/devcluster ./cmd/dynomad/dev ./router
	$(GO) test -tags e2e -count 1 -timeout 30m -v ./e2e
	DYNOMAD_DRIVER=raw_exec $(GO) test -tags e2e -count 1 -timeout 10m -v -run 'TestDeploy|TestLog|TestADyno' ./e2e
	DYNOMAD_DRIVER=docker $(GO) test -tags e2e -count 1 -timeout 15m -v -run '$(DOCKER_TESTS)' ./e2e

bench: build $(CACHE)/levant-v0.3.3 ## ratios against a baseline of the same run; docs/bench.md says how to read them
	LEVANT=$(CACHE)/levant-v0.3.3 $(GO) test -run '^$$' -bench . -benchtime 50x ./cmd/dynomad
	$(GO) test -run '^$$' -bench . -benchmem ./translator/... ./hcl ./platform ./router ./logplex ./agent
	$(GO) test -tags e2e -run '^$$' -bench . -benchtime 5x -timeout 20m ./e2e

fuzz: ## a minute for each fuzzer, or FUZZTIME
	@for t in $$(grep -rl --include='*_test.go' 'func Fuzz' . | xargs -n1 dirname | sort -u); do \
	  for f in $$(grep -ho 'func Fuzz[A-Za-z]*' $$t/*_test.go | cut -c6-); do \
	    $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 2s $$t || exit 1; done; done

# A peer that the bench holds translate against. nomad-pack, the other, is found on the PATH or in NOMAD_PACK if it is there.
$(CACHE)/levant-v0.3.3:
	@mkdir -p $(CACHE)
	cd tools/levant && $(GO) build -o $@ github.com/hashicorp/levant

# The linter is pinned in a module of its own, so that nothing of it enters ours.
$(CACHE)/golangci-lint-v2.15.0:
	@mkdir -p $(CACHE)
	cd tools/lint && $(GO) build -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

clean: ## what make has built here; the cache of Nomad and Consul stays
	rm -rf bin examples/hello/bin
