# make book: build the book.  make test: check everything.  Both set up .venv first, if need be.
PYTHON ?= python3
BIN := .venv/bin
RUN := PYTHONUTF8=1 $(BIN)/python
SCRIPTS := $(wildcard klnotes/explorables/*.js slides/*.js) _static/answers/answers.mjs _static/answers/worker.mjs
PYTEST := $(RUN) -m pytest -n 2 --no-loadscope-reorder
# The matrices here are small, and two processes that use all the cores each are in each other's way.
export OPENBLAS_NUM_THREADS ?= 1
NOTEBOOKS := $(wildcard chapters/*.ipynb exercises/*.ipynb exercises/solutions/*.ipynb slides/*.ipynb)

.PHONY: help book pages slides serve dist links test quick check lint chapter notebooks exercises bench lock clean
.DELETE_ON_ERROR:

help:
	@echo 'make book       build the book into _build/html'
	@echo 'make slides     build only the decks again, in the built book'
	@echo 'make serve      show it on http://127.0.0.1:8000'
	@echo 'make dist       pack the built book and the course into dist'
	@echo 'make links      follow every link that leaves the book, and report the dead ones (asks the network)'
	@echo 'make test       check the package, every notebook and the book'
	@echo 'make quick      check format, types and all that needs no kernel, no browser and no built book'
	@echo 'make check CHAPTER=kl-divergence    check all that is about one chapter'
	@echo 'make chapter NAME=not-a-distance    lay the files of a new chapter'
	@echo 'make notebooks  run every notebook again and store what it prints'
	@echo 'make exercises  cut the students'"'"' notebooks out of their solutions'
	@echo 'make bench      time klnotes beside its peers and write reference/benchmarks.md'
	@echo 'make lock       compile requirements.txt from pyproject.toml'
	@echo 'make clean      remove what was built'

book: pages
	@$(MAKE) --no-print-directory slides
	@echo 'The book: _build/html/index.html (make serve shows it on loopback)'

pages: .venv/ready
	@PYTHONUTF8=1 $(BIN)/jupyter-book build . --all -W -n --keep-going -q

slides: .venv/ready
	@PYTHONUTF8=1 $(BIN)/sphinx-build -b revealjs -W -n --keep-going -q -d _build/slides slides _build/html/slides
	@$(RUN) tools/handouts.py _build/html/slides

serve: book
	@echo 'http://127.0.0.1:8000 (Ctrl-C ends it)'
	@$(RUN) -m http.server 8000 --bind 127.0.0.1 --directory _build/html

dist:
	@rm -rf _build/html dist  # so that no page is packed that the book no longer has
	@$(MAKE) --no-print-directory book
	@$(RUN) tools/dist.py dist

links: .venv/ready
	@PYTHONUTF8=1 $(BIN)/jupyter-book build . --path-output _build/links --builder linkcheck -q

test: lint
	$(PYTEST) --nbval

quick: lint
	$(PYTEST) --quick -m 'not theorem' --ignore tests/test_planted_answers.py --ignore tests/test_bench.py README.md klnotes tests

# What stands in _build/html is brought up to date, and not built anew.
check: .venv/ready
	@PYTHONUTF8=1 $(BIN)/jupyter-book build . -W -n --keep-going -q
	@PYTHONUTF8=1 $(BIN)/sphinx-build -b revealjs -W -n --keep-going -q -d _build/slides slides _build/html/slides
	BOOK=_build/html $(PYTEST) --nbval --chapter $(CHAPTER)

lint: .venv/ready
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	$(RUN) -m deno lint --quiet $(SCRIPTS)
	$(RUN) -m deno fmt --check --quiet $(SCRIPTS)
	$(RUN) -m deno check --quiet $(SCRIPTS)

chapter: .venv/ready
	@$(RUN) tools/chapter.py $(NAME)
	@$(RUN) tools/exercises.py

notebooks: exercises
	@$(RUN) tools/notebooks.py $(NOTEBOOKS)

# On one core, all of them: the libraries read this when they are loaded.
bench: .venv/ready
	@OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 \
	  XLA_FLAGS='--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1' $(RUN) -m bench.divergences

exercises: .venv/ready
	@$(RUN) tools/exercises.py

# The stamp comes last: an installation that was cut short is begun anew.
.venv/ready: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'This needs Python 3.11 or newer as $(PYTHON). Another one: make PYTHON=python3.12 ...' >&2; exit 1; }
	rm -rf .venv
	$(PYTHON) -m venv .venv
	$(RUN) -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.txt
	$(RUN) -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch .venv/ready

lock:
	uv pip compile --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --no-config --quiet \
	  --no-emit-index-url --custom-compile-command 'make lock' --extra book --extra test pyproject.toml -o requirements.txt

clean:
	rm -rf _build dist .pytest_cache .mypy_cache .ruff_cache
