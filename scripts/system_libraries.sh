#!/bin/sh
# The shared libraries that no Python package brings, by the file that is looked for, and how to get them.

# library                package (or the package's names, newest first)
libraries="
libasound.so.2           libasound2t64|libasound2
libportaudio.so.2        libportaudio2
libEGL.so.1              libegl1
libGL.so.1               libgl1
libglib-2.0.so.0         libglib2.0-0t64|libglib2.0-0
libfontconfig.so.1       libfontconfig1
libdbus-1.so.3           libdbus-1-3
libxkbcommon.so.0        libxkbcommon0
libxkbcommon-x11.so.0    libxkbcommon-x11-0
libX11-xcb.so.1          libx11-xcb1
libxcb-cursor.so.0       libxcb-cursor0
libxcb-icccm.so.4        libxcb-icccm4
libxcb-keysyms.so.1      libxcb-keysyms1
libxcb-shape.so.0        libxcb-shape0
libxcb-xkb.so.1          libxcb-xkb1
libwayland-cursor.so.0   libwayland-cursor0
"

# apt_install NAME[|NAME]...: installs the first name known of each, or prints the line that would.
apt_install() {
    if ! command -v apt-get >/dev/null; then
        echo "Please install with your package manager: $*" >&2
        return 1
    fi
    as_root=
    may_install=yes
    if [ "$(id -u)" != 0 ]; then
        as_root="sudo"
        sudo -n true 2>/dev/null || may_install=no
    fi
    [ $may_install = no ] ||
        echo "Needed of the system, and about to be installed${as_root:+ with sudo}: $(echo "$*" | sed 's/|/ or /g')" >&2
    # Package lists first: a fresh machine has none, and names cannot be looked up without.
    [ $may_install = no ] || $as_root apt-get -qq -o DPkg::Lock::Timeout=120 update || true
    packages=
    for names in "$@"; do
        packages="$packages $(first_known "$names")"
    done
    if [ $may_install = no ]; then
        echo "Please run this line, then try again:" >&2
        echo "    sudo apt-get install -y --no-install-recommends$packages" >&2
        return 1
    fi
    echo "Installing$packages ..."
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -o DPkg::Lock::Timeout=120 install -y --no-install-recommends $packages >/dev/null
}

# first_known NAME[|NAME]...: the first name that this system's package lists have, else the last.
first_known() {
    for name in $(echo "$1" | tr '|' ' '); do
        if apt-cache show "$name" 2>/dev/null | grep -qx "Package: $name"; then
            break
        fi
    done
    echo "$name"
}

install_python() {
    if [ "$(uname)" = Darwin ]; then
        echo "Please run: brew install python@3.12" >&2
        return 1
    fi
    apt_install "python3.12|python3.11|python3.13|python3" "python3.12-venv|python3.11-venv|python3.13-venv|python3-venv"
}

# install_jack: installs what gives the tests real MIDI ports and a sound device; true when it is there.
install_jack() {
    [ "$(uname)" = Linux ] || return 0
    command -v jackd >/dev/null || apt_install "jackd2|jackd"
}

# install_ardour: installs the DAW that the tests jam with (some 90 MB to fetch); true when it is there.
install_ardour() {
    [ "$(uname)" = Linux ] || return 0
    ls /usr/bin/ardour[0-9]*-lua >/dev/null 2>&1 || apt_install ardour
}

# install_desktop: installs a screen, a window manager, a file manager and a hand for them; true when they are there.
install_desktop() {
    [ "$(uname)" = Linux ] || return 0
    missing=
    for pair in Xvfb:xvfb openbox:openbox xdotool:xdotool pcmanfm:pcmanfm; do
        command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair#*:}"
    done
    # shellcheck disable=SC2086
    [ -z "$missing" ] || apt_install $missing
}

# install_system_libraries PYTHON: installs what is missing; true when nothing is.
install_system_libraries() {
    [ "$(uname)" = Linux ] || return 0
    missing=$(echo "$libraries" | while read -r library names; do
        [ -z "$library" ] || PATH="$PATH:/sbin:/usr/sbin" ldconfig -p | grep -qF "$library " || echo "$names"
    done)
    # python-rtmidi is built from source for Python 3.13 and newer.
    if "$1" -c 'import sys; sys.exit(sys.version_info < (3, 13))' && ! "$1" -c 'import rtmidi' 2>/dev/null; then
        missing="$missing g++ pkg-config libasound2-dev libjack-jackd2-dev
            $("$1" -c 'import sys; print("python%d.%d-dev" % sys.version_info[:2])')"
    fi
    # shellcheck disable=SC2086
    [ -z "$missing" ] || apt_install $missing
}
