#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs the system packages that Tillgång uses and this machine lacks.
#
#   deploy/setup.sh run      what the server uses (the default)
#   deploy/setup.sh test     and what the tests use
#   deploy/setup.sh bench    and what the measurements use
#
# Says and does nothing when nothing is missing. Knows Debian 12 and later and
# Ubuntu; anywhere else it says what to install. Needs root, or sudo.
set -eu

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin # where an ordinary user's shell on Debian does not look
mode=${1:-run}
missing= # Debian's names, alternatives as a|b
wanted=  # one line each, for people

# need TEST PACKAGE PURPOSE: what is missing is what the test does not find.
# TEST is a program on the PATH, a glob of a file, or lib:NAME for a library.
need() {
	case $1 in
	lib:*) case $libraries in *"${1#lib:} "*) return ;; esac ;;
	/*) for f in $1; do if [ -e "$f" ]; then return; fi; done ;;
	*) if command -v "$1" >/dev/null 2>&1; then return; fi ;;
	esac
	missing="$missing $2"
	wanted="$wanted
  $2: $3"
}

libraries=$(ldconfig -p 2>/dev/null || true)

for_run() {
	postgres='/usr/lib/postgresql/1[5-9]/bin/initdb /usr/lib/postgresql/[2-9]?/bin/initdb /usr/pgsql-1[5-9]/bin/initdb'
	need "$postgres" postgresql 'server programs of PostgreSQL 15 or later: the default database'
	need lib:libvips.so.42 'libvips42t64|libvips42' 'libvips: fast pictures, and HEIC, AVIF, WebP, PSD'
	need ffmpeg ffmpeg 'films and sound'
	need exiftool libimage-exiftool-perl 'metadata of rare formats, and writing it'
	need rsvg-convert librsvg2-bin 'drawings (SVG) that libvips does not see as such'
	need pdftoppm poppler-utils 'pages of PDF documents'
	need qpdf qpdf 'copies of PDF documents without what they said before; checks them'
	need '/usr/lib*/libreoffice/program/libswlo.so' libreoffice-writer-nogui 'pages of text documents'
	need '/usr/lib*/libreoffice/program/libsclo.so' libreoffice-calc-nogui 'pages of spreadsheets'
	need '/usr/lib*/libreoffice/program/libsdlo.so' libreoffice-impress-nogui 'pages of presentations'
	need /etc/ssl/certs/ca-certificates.crt ca-certificates 'certificates of storage providers'
}

for_test() {
	for_run
	need chromium chromium 'browser tests'
	need /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf fonts-dejavu-core 'letters in browser tests'
	need heif-enc libheif-examples 'pictures to test with'
	need cjxl libjxl-tools 'pictures to test with'
	need vips libvips-tools 'pictures to compare ours with'
	need curl curl 'a client to test with'
	need unzip unzip 'reads ZIP files'
	need python3 python3 'reads ZIP files too'
	need heif-enc libheif-examples 'makes HEIC and AVIF pictures'
	need lftp lftp 'a client to test with'
	need nginx nginx-light 'a balancer in front of several nodes'
	need nc netcat-openbsd 'a client to test with'
	need /usr/sbin/clamd clamav-daemon 'the virus scanner'
	need '/usr/share/color/icc/ghostscript/*.icc /usr/share/color/icc/*.icc' icc-profiles-free 'colour profiles'
}

for_bench() {
	for_test
	need wrk wrk 'load'
	need convert imagemagick 'what pictures are measured against'
}

case $mode in
run) for_run ;;
test) for_test ;;
bench) for_bench ;;
*)
	echo "usage: deploy/setup.sh [run|test|bench]" >&2
	exit 2
	;;
esac
if [ -z "$missing" ]; then exit 0; fi

if ! command -v apt-get >/dev/null 2>&1; then
	echo "Tillgång lacks the following on this machine. Install them with the system's package
manager (the names are Debian's) and try again:$wanted" >&2
	exit 1
fi

as_root=
if [ "$(id -u)" != 0 ]; then
	if ! command -v sudo >/dev/null 2>&1; then
		echo "Tillgång lacks the following on this machine:$wanted
As root, run: deploy/setup.sh $mode" >&2
		exit 1
	fi
	as_root=sudo
fi

echo "Tillgång installs what is missing here:$wanted"

log=$(mktemp)
policy=/usr/sbin/policy-rc.d
placed=
no_cluster=/etc/postgresql-common/createcluster.d/tillgang.conf
finish() {
	if [ -n "$placed" ]; then $as_root rm -f $placed; fi
	rm -f "$log"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

quietly() {
	if "$@" >"$log" 2>&1; then return; fi
	tail -n 30 "$log" >&2
	echo "This did not work: $*
Install by hand what is named above and try again." >&2
	exit 1
}

# A fresh machine or image may have no package lists, or old ones.
if ! $as_root apt-get update -qq >"$log" 2>&1; then
	echo "The package lists could not be renewed; trying with those that are here." >&2
	tail -n 5 "$log" >&2
fi

# Of alternatives, the one that this release has.
packages=
for p in $missing; do
	for a in $(echo "$p" | tr '|' ' '); do
		if apt-cache show "$a" >/dev/null 2>&1; then break; fi
	done
	packages="$packages $a"
done

# We want programs, not services: nothing is started that was not there, and
# Debian's postgresql is told not to make a database of its own. What is placed
# for that is removed again.
if [ ! -e $policy ]; then
	printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
	$as_root chmod 755 $policy
	placed="$placed $policy"
fi
$as_root mkdir -p "${no_cluster%/*}"
echo 'create_main_cluster = false' | $as_root tee $no_cluster >/dev/null
placed="$placed $no_cluster"
quietly $as_root env DEBIAN_FRONTEND=noninteractive \
	apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold $packages
echo "Installed."
