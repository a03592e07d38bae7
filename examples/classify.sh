#!/bin/sh
# Asks a running service about the petitions in a file, one a line: classify.sh FILE [ADDRESS]
# Lines become a batch of at most 500 with Python's json module; curl sends it, and shows problems.
set -eu
python3 -c 'import json, sys
lines = open(sys.argv[1], encoding="utf-8").read().splitlines()
json.dump({"petitions": [{"id": str(n), "text": line} for n, line in enumerate(lines, 1)]}, sys.stdout)' "$1" |
  curl --silent --show-error --fail-with-body --retry 3 --data-binary @- \
    --header 'Content-Type: application/json' "${2:-http://127.0.0.1:8000}/v1/classify/batch"
