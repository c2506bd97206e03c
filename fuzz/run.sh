#!/bin/sh
# Runs every fuzz target of the module, each for the given time: fuzz/run.sh [10s]
# Targets are found by asking the test binaries, so a new one needs no entry here. The
# exit status is 1 if one fails or if none is found.
set -eu
time=${1:-10s}
cd "$(dirname "$0")/.."

found=0 failed=0
for package in $(go list ./...); do
	# -list prints the names, then a line "ok"; packages without tests print another one.
	for target in $(go test -list '^Fuzz' "$package" | grep '^Fuzz' || true); do
		found=$((found + 1))
		echo "== $package $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -parallel 1 "$package" || failed=1
	done
done
if [ "$found" -eq 0 ]; then
	echo "fuzz/run.sh: no fuzz target found" >&2
	exit 1
fi
exit "$failed"
