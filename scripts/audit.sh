#!/bin/sh
# Asks for every locked package whether advisories are known of its version; fails where one is, or where none can say.
# usage: sh scripts/audit.sh PIP_AUDIT [OPTION]...     OPTIONs are for pip-audit, such as --vulnerability-service osv
set -eu
pip_audit=$1
shift
cd "$(dirname "$0")/.."
failed=
for lock in requirements/*.txt; do
    echo "$lock:"
    "$pip_audit" --strict --disable-pip --require-hashes --progress-spinner off --requirement "$lock" "$@" || failed=yes
done
[ -z "$failed" ]
