#!/bin/sh
# Checks what a machine can check of the code's form. Every check runs, also
# after one has failed, so that one run shows all there is to mend.
set -eu
cd "$(dirname "$0")/.."

go=${GO:-go}
# Pinned, so that a new version's new opinions arrive by a change of this line.
staticcheck=honnef.co/go/tools/cmd/staticcheck@v0.8.2
govulncheck=golang.org/x/vuln/cmd/govulncheck@v1.9.0

failed=''
check() { # check NAME COMMAND...: runs a check and remembers that it failed
	name=$1
	shift
	echo "lint: $name"
	"$@" || failed="$failed $name"
}

formatted() {
	files=$(git ls-files --cached --others --exclude-standard -- '*.go' | while read -r f; do
		if [ -f "$f" ]; then gofmt -l "$f"; fi
	done)
	[ -z "$files" ] || { echo "not formatted; run gofmt -w on:" "$files" >&2; return 1; }
}

# Without its database govulncheck cannot know anything: where that is out of
# reach the check is left out, loudly. Any other failure counts.
vulnerabilities() {
	errors=$(mktemp)
	status=0
	"$go" run "$govulncheck" ./... 2>"$errors" || status=$?
	if grep -q 'govulncheck: fetching vulnerabilities:' "$errors"; then
		echo "lint: NOT CHECKED for known vulnerabilities: the database cannot be reached from here"
		status=0
	fi
	cat "$errors" >&2
	rm -f "$errors"
	return $status
}

check gofmt formatted
check vet "$go" vet ./...
check staticcheck "$go" run "$staticcheck" ./...
# Modules of their own, which ./... does not reach.
for module in eta index; do
	check "vet-bench-$module" "$go" vet -C "bench/$module" ./...
	check "staticcheck-bench-$module" "$go" run -C "bench/$module" "$staticcheck" ./...
done
check imports "$go" test -count=1 ./internal/archtest
if command -v shellcheck >/dev/null; then
	check shellcheck shellcheck .ci/run scripts/*.sh
fi
check govulncheck vulnerabilities

[ -z "$failed" ] || { echo "lint: failed:$failed" >&2; exit 1; }
echo "lint: ok"
