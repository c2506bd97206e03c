#!/bin/sh
# Runs every fuzz target of the module, each for the given time or number of
# executions: fuzz/run.sh [10m|10000x]. Targets are found by asking the test binaries,
# so a new one needs no entry here. The exit status is 1 if one fails or if none is
# found.
#
# CI counts executions: up to Go 1.26 the end of a time may be reported as a failure
# ("context deadline exceeded" without an input, go.dev/issue/75804).
#
# Minimizing is kept short. What FuzzDrawn finds interesting are streams of random
# numbers, which do not get shorter: left alone, its first one takes the whole time.
set -eu
budget=${1:-10000x}
cd "$(dirname "$0")/.."

found=0 failed=0
for package in $(go list ./...); do
	# -list prints the names, then a line "ok"; packages without tests print another one.
	for target in $(go test -list '^Fuzz' "$package" | grep '^Fuzz' || true); do
		found=$((found + 1))
		echo "== $package $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$budget" -fuzzminimizetime 10x -parallel 1 "$package" || failed=1
	done
done
if [ "$found" -eq 0 ]; then
	echo "fuzz/run.sh: no fuzz target found" >&2
	exit 1
fi
exit "$failed"
