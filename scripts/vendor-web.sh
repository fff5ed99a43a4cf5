#!/bin/sh
# Fetches the pinned MapLibre GL JS from npm by package name and puts the files
# that the map's page serves, with their licence and checksums, into
# internal/console/web/vendor. To move to another version:
#
#   scripts/vendor-web.sh 5.24.1
#
# Without an argument the pinned version is fetched again, and the script fails
# if npm gives other files than those in VENDOR.json.
set -eu
cd "$(dirname "$0")/.."

dir=internal/console/web/vendor/maplibre-gl
pin=$dir/VENDOR.json
pinned=$(sed -n 's/.*"version": "\(.*\)".*/\1/p' "$pin" 2>/dev/null || true)
version=${1:-$pinned}
[ -n "$version" ] || { echo "usage: $0 VERSION" >&2; exit 2; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
(cd "$tmp" && npm pack --silent "maplibre-gl@$version" >/dev/null && tar xzf maplibre-gl-*.tgz)

# The CSP build keeps its worker in a file of its own: no blob: in the policy.
files="LICENSE.txt maplibre-gl-csp-worker.js maplibre-gl-csp.js maplibre-gl.css"
{
	printf '{\n  "name": "maplibre-gl",\n  "version": "%s",\n  "license": "BSD-3-Clause",\n  "sha256": {' "$version"
	comma=''
	for f in $files; do
		sum=$(openssl dgst -sha256 -r "$tmp/package/dist/$f" | cut -d' ' -f1)
		printf '%s\n    "%s": "%s"' "$comma" "$f" "$sum"
		comma=,
	done
	printf '\n  }\n}\n'
} >"$tmp/VENDOR.json"

if [ "$version" = "$pinned" ] && ! cmp -s "$tmp/VENDOR.json" "$pin"; then
	echo "maplibre-gl@$version differs from $pin:" >&2
	diff "$pin" "$tmp/VENDOR.json" >&2
	exit 1
fi
mkdir -p "$dir"
for f in $files; do cp "$tmp/package/dist/$f" "$dir/$f"; done
cp "$tmp/VENDOR.json" "$pin"
chmod 644 "$dir"/*
echo "maplibre-gl $version in $dir"
