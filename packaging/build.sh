#!/bin/sh
# Builds dist/musegen-daw, a folder with the program and all that it needs, for the system that this runs on.
# usage: sh packaging/build.sh     after scripts/install.sh, whose Python is used unless PYTHON names another
set -eu
unset PYTHONPATH  # a checkout on it would be packaged in place of what is installed here, without its resources
cd "$(dirname "$0")/.."
root=$PWD
work=$root/build/package
venv=$work/venv
mkdir -p "$work"

# An environment of its own: what is not installed cannot get in.
"${PYTHON:-.venv/bin/python}" -m venv "$venv"
bin=$venv/bin
[ -d "$bin" ] || bin=$venv/Scripts
echo "Installing musegen-daw and PyInstaller into build/package/venv (some minutes the first time) ..."
install() {
    "$bin/python" -m pip install --quiet --disable-pip-version-check "$@"
}
install --require-hashes --no-deps --requirement requirements/packaging.txt
install --force-reinstall --no-deps --no-build-isolation .  # the version may be the same, the code not

# From here on out of the checkout, so that the program is made of what was installed.
cd "$work"
rm -rf icons
"$bin/python" "$root/packaging/icons.py" icons
echo "Building (some minutes) ..."
MUSEGEN_ICONS=$work/icons "$bin/pyinstaller" --noconfirm --log-level ERROR \
    --workpath "$work/work" --distpath "$root/dist" "$root/packaging/musegen-daw.spec"

folder=$root/dist/musegen-daw
cp "$root/LICENSE" "$folder/"
if [ "$(uname)" = Linux ]; then
    mkdir -p "$folder/share/applications" "$folder/share/icons"
    cp "$root/packaging/musegen-daw.desktop" "$folder/share/applications/"
    cp -r icons/hicolor "$folder/share/icons/"
    cp "$root/packaging/add-to-menu.sh" "$folder/"
    # 35 MB that only debuggers read.
    ! command -v strip >/dev/null ||
        strip --strip-unneeded "$folder"/_internal/libpython*.so.* "$folder"/_internal/llvmlite/binding/*.so
fi
echo "Built: $folder ($(du -sh "$folder" | cut -f 1))"
