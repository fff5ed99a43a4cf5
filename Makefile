# The one entry for people and for CI. Building and running need Go, git and
# make alone; what the tests need besides is installed by `make deps`.
.DEFAULT_GOAL := help
.PHONY: help run up build test test-faults lint fuzz model test-mutations bench bench-city bench-match bench-eta bench-index bench-policies bench-track bench-load bench-recovery bench-console deps pictures vendor-web clean

GO ?= go
# Tests of packages run side by side, as many as there are cores. The race
# detector makes them several times slower than the programs that they test.
TESTFLAGS ?= -race -timeout 10m
FUZZTIME ?= 60s
# Arguments for the demo, as in: make run ARGS="--listen 127.0.0.1:9000"
ARGS ?=

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: build ## Run a demo city in one process; prints the address of its live map
	bin/dispatcher embedded --demo --swap $(ARGS)

build: ## Build the programs into bin/
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/ ./cmd/...

up: ## Start the services with Docker: Redis, PostGIS, NATS, dispatcher, tracker, Prometheus
	docker compose up --build --detach --wait

test: deps ## Install what tests need, then run every test with the race detector
	$(GO) test $(TESTFLAGS) ./...
	$(GO) test -C bench/eta $(TESTFLAGS) ./...
	$(GO) test -C bench/faults $(TESTFLAGS) ./...
	$(GO) test -C bench/index $(TESTFLAGS) ./...

test-faults: deps build ## Break a running city by every kind of fault and judge it, hours; SEEDS=20 DRIVERS=300
	$(GO) build -C bench/faults -o ../../bin/bench-faults .
	bin/bench-faults $(ARGS)

lint: ## gofmt, vet, staticcheck, govulncheck, the import rules
	GO="$(GO)" scripts/lint.sh

fuzz: ## Fuzz every decoder, FUZZTIME each (default 60s)
	GO="$(GO)" scripts/fuzz.sh $(FUZZTIME)

model: ## Try out the whole protocol of trips and claims at its larger size, minutes
	$(GO) test -run TestModel_Holds -count=1 -v -timeout 2h ./internal/model -model.large

test-mutations: deps ## Take out what enforces the guarantees, piece by piece, and see the tests fail; half an hour
	$(GO) run ./bench/mutations $(ARGS)

bench: ## Run the micro-benchmarks
	$(GO) test -run '^$$' -bench . -benchmem ./...

bench-city: build ## Drive recorded demand through both sizes; MINUTES=10 CABSTAND_DATA=folder
	$(GO) run ./bench/city $(ARGS)

bench-match: ## Measure the matching solver against LEMON and scipy, about 3 minutes
	@CXX="$(CXX)" scripts/bench-deps.sh
	@mkdir -p bin
	$(CXX) -O2 -DNDEBUG -o bin/bench-lemon bench/match/peers/lemon.cpp
	$(GO) run ./bench/match $(ARGS)

bench-eta: ## Measure travel times against LdDl/ch, about 5 minutes; CABSTAND_DATA=folder
	$(GO) build -C bench/eta -o ../../bin/bench-eta .
	bin/bench-eta $(ARGS)

bench-index: ## Measure the index of moving points against tidwall/rtree, about 5 minutes
	$(GO) build -C bench/index -o ../../bin/bench-index .
	bin/bench-index $(ARGS)

bench-policies: ## Measure the policies against the best-tuned greedy, hours; ARGS=--quick for minutes
	$(GO) build -o bin/bench-policies ./bench/policies
	bin/bench-policies $(ARGS)

bench-track: build ## Measure the way of a position, from sockets to Redis, about 7 minutes
	$(GO) build -o bin/bench-track ./bench/track
	bin/bench-track $(ARGS)

bench-load: build ## Measure requests under load and in a flood, about 10 minutes; ARGS="--soak 1h"
	$(GO) build -o bin/bench-load ./bench/load
	bin/bench-load $(ARGS)

bench-console: build ## Measure what the console costs the browser with 10,000 drivers, 2 minutes
	cd internal/console/e2e && npm ci --no-audit --no-fund --ignore-scripts
	$(GO) run ./bench/console $(ARGS)

bench-recovery: deps build ## Take dispatcher, Redis, PostgreSQL and NATS away, measure the way back, 4 minutes
	$(GO) build -C bench/faults -o ../../bin/bench-faults .
	bin/bench-faults --recover $(ARGS)

deps: ## Install what tests need: Redis, PostgreSQL with PostGIS, Chromium, Node, a C compiler
	@scripts/deps.sh

pictures: deps ## Take the pictures of the documentation again, 8 minutes
	PICTURES_INTO=$(CURDIR)/docs/images $(GO) test -count=1 -timeout 20m -run TestPictures -v ./internal/console/e2e

vendor-web: ## Fetch the pinned libraries of the web pages again
	node scripts/vendor-web.mjs

clean: ## Remove what was built and the demo's data
	rm -rf bin cabstand-data internal/console/e2e/node_modules internal/eta/testdata/valhalla/node_modules
