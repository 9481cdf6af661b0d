# `make help` lists everything. PYTHON=python3.12 chooses another interpreter (3.11 to 3.13).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint lock clean bench-crosscheck bench-generator bench-gpu bench-overhead \
  bench-order-answers bench-parity bench-passage-order bench-preparing bench-retrieval \
  image e2e chart-tools chart-check docs manifests loadtest report scale compare knee scaling gate quality

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## make the environment in .venv (about 6.6 GB)

$(READY): requirements/cpu.txt requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if (3, 11) <= v < (3, 14) else \
	  f"Python 3.11 to 3.13 is needed and $(PYTHON) is {v[0]}.{v[1]}; try make PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --root-user-action ignore uv
	$(BIN)/uv pip install --python $(BIN)/python --no-deps -r requirements/cpu.txt -r requirements/dev.txt
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps -e .
	@touch $@

demo: $(READY) ## serve the demo on this machine, ask it, sweep RPS 2, 4, 8, report (ARGS="--rps 1,2")
	@exec $(BIN)/rag-llm demo $(ARGS)

test: $(READY) ## every check and test (ARGS="-k parity" for some)
	@$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest --ignore tests/cluster $(ARGS)

image: ## build the images with docker, podman or buildah (TARGETS=cpu, PUSH=registry/rag-llm)
	@images/build $(TARGETS)

e2e: $(READY) ## the whole journey on the cluster of KUBECONFIG, with an image that it has (E2E_IMAGE=name:tag)
	$(BIN)/python -m pytest tests/cluster --exitfirst --durations 15 $(ARGS)

lint: $(READY) ## ruff, mypy, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench-crosscheck: $(READY) ## the same load by `vllm bench serve` and by the load test
	$(BIN)/python -m bench.crosscheck $(ARGS)

bench-generator: $(READY) ## how true the load generator's figures are, up to which rate, at what cost
	$(BIN)/python -m bench.generator $(ARGS)

bench-gpu: ## rvc against plain `vllm serve` on this machine's GPU, unattended, no network (SITE=folder of packages, ARGS)
	PYTHONPATH="$(SITE):$(CURDIR)" HF_HUB_OFFLINE=1 $(PYTHON) -m bench.gpu.run $(ARGS)

bench-overhead: $(READY) ## rvc against plain `vllm serve`
	$(BIN)/python -m bench.overhead $(ARGS)

bench-preparing: $(READY) ## prompts made in the process that streams, and in one of their own
	$(BIN)/python -m bench.preparing $(ARGS)

bench-retrieval: $(READY) ## embed, search and prompt at 1k, 100k and 1M passages
	$(BIN)/python -m bench.retrieval $(ARGS)

bench-passage-order: $(READY) ## what a prefix cache saves, by the order of passages in the prompt
	$(BIN)/python -m bench.passage_order $(ARGS)

bench-order-answers: $(READY) ## how right the answers are, by the order of passages in the prompt
	$(BIN)/python -m bench.order_answers $(ARGS)

bench-parity: $(READY) ## how often answers differ between engines, alone and in batches
	$(BIN)/python -m bench.parity $(ARGS)

chart-tools: $(READY) ## build what checks the chart, as Go modules (helm, helm-docs, kubeconform, schemas)
	$(BIN)/python -m tests.chart.tools

chart-check: chart-tools ## every check and test of the chart
	$(BIN)/python -m pytest tests/chart $(ARGS)

docs: chart-tools ## docs/values.md and the chart's snapshots, from the chart
	$(BIN)/python -m tests.chart.generated

manifests: chart-tools ## manifests/, from the chart
	$(BIN)/python manifests/generate.py

# These need kubectl and helm, and no Python; with LOCAL=1 an environment (make setup) and no cluster. A variable NAME
# in the environment (as WSL has) is no report.
script = NAME='$(if $(findstring command,$(origin NAME)),$(NAME))' exec loadtest/bin

loadtest: ## load a release as a Job in its namespace: RPS="8 16 32" (DURATION, ROUNDS, QUESTIONS, QUALITY=1, …)
	@$(script)/run-job

compare: ## architectures on the same load: RPS="8 16 24 32" (SIDES, DURATION, ROUNDS, QUALITY=1, LOCAL=1, …)
	@$(script)/$@

knee: ## the highest rate inside SLO="ttft_p99=500ms,tpot_p99=50ms" (RPS: first try; LOCAL=1, TARGET=url)
	@$(script)/$@

scaling: ## loads at REPLICAS="1 2 4" RPS=16, scaled by kubectl; or AUTOSCALE=1 STEPS="2:30,8:90,2:60"
	@$(script)/$@

gate: ## an earlier run once more, BASELINE=run; fails if a figure is worse than noise allows (LOCAL=1, TARGET=url)
	@$(script)/$@

quality: ## how right the answers of each architecture are, on this machine (COUNT, SIDES); or of TARGET=url
	@$(script)/$@

report: ## reports in the cluster: list; NAME=run opens one; A=run B=run compares
	@$(script)/$@

scale: ## change the number of replicas in place: REPLICAS=2; says when the new one answers
	@$(script)/$@

LOCK := $(BIN)/uv pip compile -q --universal --python-version 3.11 --no-header --no-annotate --upgrade
lock: $(READY) ## choose versions anew (requirements/)
	$(LOCK) pyproject.toml --extra cpu --overrides requirements/cpu-overrides.txt -o requirements/cpu.txt
	$(LOCK) pyproject.toml --extra gpu -o requirements/gpu.txt
	$(LOCK) --group dev -c requirements/cpu.txt -o requirements/dev.txt

clean: ## delete the environment and everything under var/
	rm -rf $(VENV) var
