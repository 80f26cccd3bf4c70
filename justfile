# Recipes for developers; `just` lists them. They use the active environment.

default:
    @just --list

# everything a developer needs, in .venv
install:
    python3 -m venv .venv
    .venv/bin/pip install -r requirements-dev.txt
    .venv/bin/pre-commit install

# fast tests; `just test --lf`, `just test tests/db` and so on
test *options:
    pytest -n auto --dist worksteal -m "not slow" {{options}}

# linters, types, layers: what pre-commit runs
check:
    pre-commit run --all-files

# everything that CI runs
ci:
    bash .ci/run

# the app; `just run --server.port=8600`
run *options:
    streamlit run streamlit_app.py {{options}}

# the app on a made-up month of production
demo:
    python -m core demo --database-url sqlite:///data/demo.db
    DATABASE_URL=sqlite:///data/demo.db streamlit run streamlit_app.py

# pictures of every page
shots:
    python -m tools.screenshots.shots

# pin everything that is installed, from pyproject.toml (needs uv)
lock:
    python -m tools.lock
