#!/usr/bin/env bash
# Holds the running service to its OpenAPI document, with schemathesis: bench/serve_schema.sh [BINARY]
set -euo pipefail
cd "$(dirname "$0")/.." # its cache lands here and is ignored
binary="${1:-target/release/genrefold}"
work="$(mktemp -d)"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "schemathesis==4.32.5"

"$binary" serve --bind 127.0.0.1:0 --log json --max-body 1 --runs results > "$work/address" 2> "$work/log" &
service=$!
trap 'kill "$service" 2> /dev/null; wait "$service" 2> /dev/null; rm -rf "$work"' EXIT
until grep -q listens "$work/address"; do sleep 0.1; done
address="$(sed 's/.*listens on //' "$work/address")"
until python3 -c "import urllib.request as u; u.urlopen('$address/readyz')" 2> /dev/null; do sleep 0.1; done

"$work/venv/bin/schemathesis" --config-file bench/schemathesis.toml run "$address/openapi.json" --checks all --seed 1 --max-examples "${EXAMPLES:-60}"
python3 -c "import urllib.request as u; assert u.urlopen('$address/healthz').status == 200"
