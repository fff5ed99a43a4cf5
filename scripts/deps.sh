#!/bin/sh
# Installs what the tests need where it is missing: a C compiler (for the race
# detector), Redis, PostgreSQL with PostGIS, Chromium, Node with npm, and the
# packages of the browser test. On Debian and its kin as root by apt, on macOS
# by brew; elsewhere it says what to install and fails.
#
# The tests start private servers of their own. TEST_REDIS_URL and
# TEST_DATABASE_URL name servers to use instead: then none is installed.
set -eu
cd "$(dirname "$0")/.."

have() { command -v "$1" >/dev/null 2>&1; }

# The newest PostgreSQL of Debian's layout, the one that the tests start.
debian_postgres() {
	for bin in /usr/lib/postgresql/*/bin/postgres; do
		if [ -x "$bin" ]; then echo "$bin"; fi
	done | sort -V | tail -n 1
}

have_postgis() {
	bin=$(command -v postgres || debian_postgres)
	[ -n "$bin" ] || return 1
	bin=$(readlink -f "$bin")
	case $bin in
	/usr/lib/postgresql/*) share=/usr/share/postgresql/$(echo "$bin" | cut -d/ -f5) ;;
	*) share=$("$(dirname "$bin")/pg_config" --sharedir) || return 1 ;;
	esac
	[ -e "$share/extension/postgis.control" ]
}

have_chromium() {
	have chromium || have chromium-browser || have google-chrome ||
		[ -d "/Applications/Google Chrome.app" ] || [ -d "/Applications/Chromium.app" ]
}

# missing lists what is not there, by names that package_of translates.
missing() {
	have cc || have gcc || have clang || echo cc
	[ -n "${TEST_REDIS_URL:-}" ] || have redis-server || echo redis
	[ -n "${TEST_DATABASE_URL:-}" ] || have_postgis || echo postgis
	have_chromium || echo chromium
	have node || echo node
	have npm || echo npm
}

apt_package() {
	case $1 in
	cc) echo gcc libc6-dev ;;
	redis) echo redis-server ;;
	postgis) debian_postgis ;;
	node) echo nodejs ;;
	*) echo "$1" ;;
	esac
}

# A PostgreSQL that is there already gets its own PostGIS; else the
# distribution's current pair comes.
debian_postgis() {
	installed=$(debian_postgres)
	version=$(echo "$installed" | cut -d/ -f5)
	if [ -n "$installed" ] && apt-cache show "postgresql-$version-postgis-3" >/dev/null 2>&1; then
		echo "postgresql-$version-postgis-3"
	else
		echo postgresql postgresql-postgis
	fi
}

brew_package() {
	case $1 in
	cc) echo llvm ;;
	postgis) echo postgresql@18 postgis ;;
	chromium) echo --cask google-chrome ;;
	npm) echo node ;;
	*) echo "$1" ;;
	esac
}

packages() { # packages TRANSLATE NAME...
	translate=$1
	shift
	for name; do "$translate" "$name"; done | tr '\n' ' '
}

# Debian starts a server when it installs it. The tests have their own: for the
# time of the installation no service may be started.
apt_install() {
	policy=/usr/sbin/policy-rc.d
	if [ ! -e "$policy" ]; then
		trap 'rm -f "$policy"' EXIT
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod 755 "$policy"
	fi
	echo "deps: apt-get install $*"
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" </dev/null
}

install() { # install NAME...
	if have apt-get && [ "$(id -u)" = 0 ]; then
		apt-get update </dev/null
		# shellcheck disable=SC2046 # one word a package
		apt_install $(packages apt_package "$@")
	elif have apt-get; then
		echo "deps: missing: $*. Install with:" >&2
		echo "  sudo apt-get update && sudo apt-get install -y $(packages apt_package "$@")" >&2
		return 1
	elif have brew; then
		for name; do
			# shellcheck disable=SC2046 # one word a package
			brew install $(brew_package "$name") </dev/null
		done
	else
		echo "deps: missing: $*. Install a C compiler, Redis, PostgreSQL with PostGIS," >&2
		echo "Chromium, and Node with npm, so that cc, redis-server, postgres, chromium," >&2
		echo "node and npm are in PATH." >&2
		return 1
	fi
}

lack=$(missing)
if [ -n "$lack" ]; then
	# shellcheck disable=SC2086 # one word a thing
	install $lack
	lack=$(missing)
	[ -z "$lack" ] || { echo "deps: still missing after the installation:" "$lack" >&2; exit 1; }
fi

# The browser test's packages, when they are not those of the lock file.
e2e=internal/console/e2e
installed=$e2e/node_modules/.package-lock.json
if [ -f $e2e/package-lock.json ] &&
	{ [ ! -f $installed ] || [ -n "$(find $e2e/package-lock.json -newer $installed)" ]; }; then
	echo "deps: npm ci in $e2e"
	(cd $e2e && npm ci --loglevel=error --no-audit --no-fund --ignore-scripts </dev/null)
fi
