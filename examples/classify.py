"""Asks a running service about one petition: ``python classify.py TEXT [ADDRESS]``."""

import json
import sys
import urllib.request

text, address = (*sys.argv[1:], "http://127.0.0.1:8000")[:2]
body = json.dumps({"text": text}).encode()
request = urllib.request.Request(f"{address}/v1/classify", body)  # noqa: S310 - the caller's own
request.add_header("Content-Type", "application/json")
with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - the caller's own
    answer = json.load(response)
told = answer["area_name"], answer["topic_name"], answer["confidence"], answer["decision"]
sys.stdout.write(f"{' '.join(map(str, told))} {' '.join(answer['reasons'])}\n")
