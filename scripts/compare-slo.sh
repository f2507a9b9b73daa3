#!/bin/sh
# One server that stalls for a second, measured by gate, vegeta and wrk in turn,
# ten seconds each. At a constant 100 requests a second, 100 of 1000 requests
# meet the stall and wait 1000 ms, 990 ms … 10 ms, so that the true p99 (the
# 990th) is 910 ms. gate and vegeta, whose arrivals do not wait for answers,
# measure it. wrk's ten connections ask again only after an answer; it fills in
# the requests that it should have sent by calculation (its stats_correct).
# Needs go, jq and curl; wrk and vegeta (by go run) where they can be had.
set -eu
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
go build -o "$dir/stallserver" ./scripts/stallserver
go build -o "$dir/gate" ./cmd/gate
"$dir/stallserver" >"$dir/addr" &
server=$!
trap 'kill $server; rm -rf "$dir"' EXIT
while [ ! -s "$dir/addr" ]; do sleep 0.1; done
url=http://$(cat "$dir/addr")

cat >"$dir/gate.yaml" <<END
version: 1
dify: {profile: none}
checks:
  slo: [{url: "$url/", requests: 1000, rate: 100/s, p99: 500ms}]
END
row() { printf '%-8s %9s %9s %9s\n' "$@"; }
row "" p50 p99 max
row true "5 ms" "910 ms" "1000 ms"

curl -s "$url/reset"
"$dir/gate" run --config "$dir/gate.yaml" --format json >"$dir/gate.json" || true
jq -r '.checks[] | select(.kind == "slo").evidence.percentiles_ms | [.p50, .p99, .max] | map("\(round) ms") | @tsv' "$dir/gate.json" >"$dir/figures"
tab=$(printf '\t')
IFS="$tab" read -r p50 p99 max <"$dir/figures"
row gate "$p50" "$p99" "$max"

curl -s "$url/reset"
if echo "GET $url/" | go run github.com/tsenart/vegeta/v12@v12.12.0 attack -rate 100 -duration 10s >"$dir/vegeta.bin" 2>"$dir/vegeta.log"; then
  go run github.com/tsenart/vegeta/v12@v12.12.0 report -type json "$dir/vegeta.bin" |
    jq -r '.latencies | [."50th", ."99th", .max] | map("\(. / 1e6 | round) ms") | @tsv' >"$dir/figures"
  IFS="$tab" read -r p50 p99 max <"$dir/figures"
  row vegeta "$p50" "$p99" "$max"
else
  row vegeta "not to be had" "" ""
fi

curl -s "$url/reset"
if command -v wrk >/dev/null; then
  wrk -t1 -c10 -d10s --latency "$url/" >"$dir/wrk.txt"
  row wrk "$(awk '$1 == "50%" {print $2}' "$dir/wrk.txt")" "$(awk '$1 == "99%" {print $2}' "$dir/wrk.txt")" "$(awk '$1 == "Latency" && $4 != "" && $2 != "Distribution" {print $4}' "$dir/wrk.txt")"
else
  row wrk "not installed" "" ""
fi
