#!/bin/sh
# Reads a generated access log of 1 GB (or GATE_BENCH_SIZE bytes) on one core and
# prints the speed and the peak of memory. Needs as much room in TMPDIR.
set -eu
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
go test -c -o "$dir/check.test" ./gate/check/slo
cd "$dir"
GATE_BENCH_WRITE=$dir/access.log ./check.test -test.run TestWriteBenchLog -test.v | grep lines
ls -l access.log
# A process of its own, so that making the log is not in the peak.
GATE_BENCH_LOG=$dir/access.log GOMAXPROCS=1 ./check.test -test.run '^$' -test.bench SLOAccessLog -test.benchtime 3x
