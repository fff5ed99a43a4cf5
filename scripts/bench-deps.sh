#!/bin/sh
# Installs the peers of `make bench-match` where they are missing: a C++
# compiler, the LEMON headers, and scipy for the system's Python. On Debian and
# its kin as root by apt; elsewhere it says what to install and fails.
set -eu

# The Python that has the distribution's scipy; another one may come first in PATH.
python=${BENCH_PYTHON:-/usr/bin/python3}

lemon() { # compiling is the only test that holds wherever the headers lie
	echo '#include <lemon/network_simplex.h>' | "${CXX:-g++}" -x c++ -fsyntax-only - 2>/dev/null
}

# missing lists the Debian packages of what is not there.
missing() {
	command -v "${CXX:-g++}" >/dev/null 2>&1 || echo g++
	lemon || echo liblemon-dev
	"$python" -c 'import scipy.optimize, scipy.sparse.csgraph' 2>/dev/null || echo python3-scipy
}

lack=$(missing | tr '\n' ' ')
[ -n "$lack" ] || exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
	echo "bench-deps: apt-get install $lack"
	apt-get update </dev/null
	# shellcheck disable=SC2086 # one word a package
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $lack </dev/null
	lack=$(missing | tr '\n' ' ')
	[ -z "$lack" ] || { echo "bench-deps: still missing after the installation: $lack" >&2; exit 1; }
elif command -v apt-get >/dev/null 2>&1; then
	echo "bench-deps: missing peers. Install with:" >&2
	echo "  sudo apt-get update && sudo apt-get install -y $lack" >&2
	exit 1
else
	echo "bench-deps: missing peers (by Debian's names: $lack)." >&2
	echo "Install a C++ compiler, the LEMON graph library 1.3 (headers), and scipy for" >&2
	echo "$python, or name another Python that has it in BENCH_PYTHON." >&2
	exit 1
fi
