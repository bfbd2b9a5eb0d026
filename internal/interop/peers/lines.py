"""What the scripts of both Python peers have in common: requests come as lines of JSON,
and each is answered with one."""

import json
import sys
import urllib.request


def serve(**ops):
    """Answer {"op": ...} with what the function of that name returns, or raises."""
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"result": ops[request.pop("op")](**request)}
        except Exception as err:
            answer = {"error": f"{type(err).__name__}: {err}"}
        print(json.dumps(answer), flush=True)


def get_json(url):
    with urllib.request.urlopen(url) as response:
        return json.load(response)
