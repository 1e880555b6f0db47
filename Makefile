# make demo · make test · make fuzz · make examples · make docs · make notebooks · make bench · make lint · make model
SWIFT ?= swift
RELEASE = .build/release/driftscope

.PHONY: demo build test test-slow fuzz examples docs notebooks bench lint model clean

## the built-in study, from clone to report
demo: build
	$(RELEASE) demo --out out/demo

build:
	@scripts/setup.sh
	$(SWIFT) build -c release --product driftscope

## every test; those on public data run when DRIFTSCOPE_DATA names their folder
test:
	@scripts/setup.sh tests
	@$(MAKE) --no-print-directory examples
	$(SWIFT) build -c release --build-tests
	@if [ -x .venv-tests/bin/python ]; then export DRIFTSCOPE_PYTHON="$$PWD/.venv-tests/bin/python"; fi; \
	$(SWIFT) test -c release --skip-build --skip Slow

## the libraries used from another package, by what they make public
# Not by `swift run`, which now and then never comes back.
examples:
	$(SWIFT) build --package-path examples/library
	examples/library/.build/debug/drift
	examples/library/.build/debug/own-objective data/files/planted/model

## the built-in study over ten seeds and three retrained models; 300 kills, 60 signals and 60 disks over all stages of a
## run; an hour of changed files
test-slow:
	@scripts/setup.sh tests
	$(SWIFT) build -c release --build-tests
	DRIFTSCOPE_SLOW=1 DRIFTSCOPE_DISKS=30 $(SWIFT) test -c release --skip-build --filter 'Slow|DiskFull'
	@$(MAKE) --no-print-directory fuzz FUZZ_SECONDS=3600 FUZZ_SEED=2

## changed files of every kind for everything that reads one, in release under the address sanitizer and with every
## exclusive access checked; what is found stays in out/fuzz/findings
FUZZ_SECONDS ?= 600
FUZZ_SEED ?= 1
fuzz:
	@scripts/setup.sh
	$(SWIFT) build -c release --product driftscope-fuzz --sanitize=address -Xswiftc -enforce-exclusivity=checked \
	  --scratch-path .build-fuzz
	ASAN_OPTIONS=detect_leaks=0 .build-fuzz/release/driftscope-fuzz --seconds $(FUZZ_SECONDS) --seed $(FUZZ_SEED) \
	  --jobs "$$(getconf _NPROCESSORS_ONLN)"

## the documentation of the three libraries, as web pages under out/docs
docs:
	@scripts/setup.sh
	@mkdir -p out/docs
	@for library in Embeddings Unlearn Analyze; do \
	  $(SWIFT) package --allow-writing-to-directory out/docs generate-documentation --target $$library \
	    --output-path out/docs/$$library --transform-for-static-hosting --hosting-base-path $$library || exit 1; \
	done

## the notebooks, run on the folder that `make demo` writes; DRIFTSCOPE_RUN names another
notebooks:
	@scripts/setup.sh tests
	scripts/notebooks.sh

## side by side with peers; see Benchmarks/README.md
bench: build
	Benchmarks/run.sh

lint:
	$(SWIFT) format lint --strict --recursive --parallel Sources Tests data examples Package.swift \
	|| (echo "repair with: swift format -i --recursive Sources Tests data examples Package.swift"; exit 1)

## the built-in studies' texts and models, made again from their grammars into out/model; compare or copy from there
model: build
	for name in planted apart latent lexical; do \
	  rm -rf out/model/$$name && \
	  $(RELEASE) grammar --grammar data/files/$$name/grammar.json --out out/model/$$name && \
	  $(RELEASE) train --text out/model/$$name/text.txt --configuration data/files/$$name/training.json \
	    --out out/model/$$name/model || exit 1; \
	done

clean:
	rm -rf .build .build-fuzz out
