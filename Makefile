# 两条命令:make demo 看一个月怎样跑完,make test 证明它是对的。其余都由这两条调用。
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready
LINTER := .venv/contracts-linter
BESIDE := --numprocesses=2
export PYTHONUTF8 := 1
export UV_SYSTEM_CERTS := true

.PHONY: setup demo rehearse test lint format types sql punctuation imports contracts quick models whole up down bench burst lock clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml tools/fonts.sh
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 以上;请安装后用 make PYTHON=... 指明"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "建不了虚拟环境;在 Debian 上请先 apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock \
	  || $(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@rm -rf fangpin.egg-info  # 安装时留下的;放在检出目录里会被当作第二份安装
	@bash tools/fonts.sh
	@touch $@

demo: setup
	$(BIN)/fangpin sample --month 2024-03 --seed 7 --size county --all-feeds
	$(BIN)/fangpin month 2024-03 --approve-as bureau
	$(BIN)/fangpin rehearse --returns 2024-03

# 全年演练:在自己的目录里按时钟走完一年,每次从空目录开始
rehearse: setup
	rm -rf data/rehearsal
	FANGPIN_HOME=data/rehearsal $(BIN)/fangpin rehearse --year 2024

# 各只用一个核的检查两样两样地跑
test: setup
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint contracts models
	@$(MAKE) --no-print-directory quick whole

lint: format types sql imports punctuation

format: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

sql: setup
	$(BIN)/sqlfluff lint dbt_project

# 房间只从下面的楼层取用;楼层写在 pyproject.toml
imports: setup
	$(BIN)/lint-imports

punctuation: setup
	$(BIN)/python tools/punctuation.py --check

# 完整的数据契约(ODCS v3.1)由 datacontract 检查;它有自己的环境,免得它的依赖(boto3、旧的 typer)进了县里装的那一套
contracts: setup $(LINTER)/.ready
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && $(BIN)/fangpin contracts export "$$folder" \
	  && $(LINTER)/bin/python tools/lint_contracts.py "$$folder"/*.yaml

$(LINTER)/.ready: tools/contracts-linter.lock | setup
	@test -x $(LINTER)/bin/python || $(BIN)/python -m venv $(LINTER)
	$(BIN)/uv pip install --quiet --python $(LINTER)/bin/python --require-hashes -r tools/contracts-linter.lock \
	  || $(LINTER)/bin/python -m pip install --quiet --require-hashes -r tools/contracts-linter.lock
	@touch $@

quick: setup
	$(BIN)/pytest -q -m bounded
	$(BIN)/pytest -q $(BESIDE) --dist worksteal -m "not bounded and not whole and not models"

models: setup
	$(BIN)/pytest -q -m models

whole: setup
	$(BIN)/pytest -q $(BESIDE) --dist loadfile --durations=10 -m whole

bench: setup
	$(BIN)/python -m benchmarks.identity_numbers
	$(BIN)/python -m benchmarks.read_large

burst: setup
	$(BIN)/python -m benchmarks.burst
	$(BIN)/python -m benchmarks.kill_loop

lock: setup
	$(BIN)/uv pip compile --quiet --python $(BIN)/python --universal --generate-hashes --no-emit-index-url --no-header --extra dev pyproject.toml -o requirements.lock
	echo datacontract-cli | $(BIN)/uv pip compile --quiet --python $(BIN)/python --universal --generate-hashes --no-emit-index-url --no-header - -o tools/contracts-linter.lock

up: setup
	$(BIN)/fangpin up

down: setup
	$(BIN)/fangpin down

clean:
	rm -rf .venv
