#!/bin/sh
# Puts the project and what it needs into .venv: the files that requirements/ names by their hashes, and no other.
# usage: sh scripts/install.sh [EXTRAS]     EXTRAS: "training", "test" or "training,test"
set -eu
cd "$(dirname "$0")/.."
. scripts/system_libraries.sh
extras=${1:-}

# 3.12 and 3.11 first: for them every dependency comes ready built.
find_python() {
    for candidate in ${PYTHON:-} python3.12 python3.11 python3.13 python3.14 python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

if [ ! -x .venv/bin/python ]; then
    python=$(find_python)
    if [ -z "$python" ]; then
        install_python || { echo "musegen-daw needs Python 3.11 or newer." >&2; exit 1; }
        python=$(find_python)
    fi
    # Debian keeps the part that makes virtual environments in a package of its own.
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        apt_install "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')" || exit 1
    echo "Making .venv with $("$python" --version) ..."
    rm -rf .venv
    "$python" -m venv .venv
fi

install_system_libraries .venv/bin/python ||
    echo "Going on: what needs those libraries (a sound device, the window) will say so." >&2

case $extras in
    *test*)
        install_jack || echo "Going on: the tests of MIDI ports will fail without jackd, and say so." >&2
        install_desktop || echo "Going on: the tests of the real window will fail without a screen, and say so." >&2
        install_ardour || echo "Going on: the jam with a real DAW will fail without Ardour, and say so." >&2
        ;;
esac

pip() {
    command=$1
    shift
    .venv/bin/python -m pip "$command" --quiet --disable-pip-version-check "$@"
}
# locked LOCK [OPTION]...
locked() {
    lock=$1
    shift
    pip install --require-hashes --no-deps --requirement "requirements/$lock.txt" "$@"
}
pinned_torch() {
    grep -o '^torch==[^ ;]*' requirements/torch.txt
}
installed_torch() {
    .venv/bin/python -c 'from importlib.metadata import version; print("torch==" + version("torch").partition("+")[0])' \
        2>/dev/null
}
# Which build of PyTorch it is, for CUDA or not, pip's settings decide; whether it may be used, its hash.
install_torch() {
    downloads=$(mktemp -d)
    trap 'rm -rf "$downloads"' EXIT
    pip download --no-deps --dest "$downloads" "$(pinned_torch)"
    locked torch --no-index --find-links "$downloads"
    ! .venv/bin/python -c 'import sys; from importlib.metadata import requires
sys.exit(not any("nvidia" in each for each in requires("torch")))' || locked cuda
}

echo "Installing musegen-daw${extras:+ with $extras} into .venv (some minutes the first time) ..."
case $extras in
    '') locked app ;;
    *)
        locked full
        [ "$(installed_torch)" = "$(pinned_torch)" ] || install_torch
        ;;
esac
pip install --no-deps --no-build-isolation --editable .
