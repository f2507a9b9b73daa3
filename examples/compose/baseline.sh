#!/bin/sh
# Deploy with a baseline: what is wrong before is known and does not block, what is
# new after it does. Usage: baseline.sh FROM TO, in the directory of docker-compose.yaml.
set -eu
from=$1 to=$2 url=${DIFY_URL:?set it to the public address of Dify}

gate run --phase pre --from "$from" --to "$to" --dir .
gate run --phase post --from "$from" --to "$from" --dir . --url "$url" --fail-on never --report json=before.json
docker compose pull
docker compose up -d
gate run --phase post --from "$from" --to "$to" --dir . --url "$url" --wait "${DIFY_WAIT:-5m}" --baseline before.json
