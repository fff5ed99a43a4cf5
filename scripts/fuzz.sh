#!/bin/sh
# Fuzzes each fuzz test of the module in turn, for the given time each:
#
#   scripts/fuzz.sh 60s
set -eu
cd "$(dirname "$0")/.."

go=${GO:-go}
time=${1:-60s}
git grep --untracked -o -E '^func Fuzz[A-Za-z0-9_]*' -- '*_test.go' | while IFS=: read -r file found; do
	name=${found#func }
	echo "fuzz: $name in ${file%/*}"
	"$go" test -run '^$' -fuzz "^$name\$" -fuzztime "$time" "./${file%/*}" </dev/null
done
