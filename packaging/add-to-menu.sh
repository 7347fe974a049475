#!/bin/sh
# Puts musegen-daw, from the folder where this lies, into the menu and on the command line of the person who runs it.
# usage: ./add-to-menu.sh [--remove]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
data=${XDG_DATA_HOME:-$HOME/.local/share}
programs=$HOME/.local/bin
entry=$data/applications/musegen-daw.desktop

if [ "${1:-}" = --remove ]; then
    rm -f "$entry" "$programs/musegen-daw" "$data"/icons/hicolor/*/apps/musegen-daw.*
    exit
fi
mkdir -p "$data/applications" "$data/icons/hicolor" "$programs"
cp -r "$here/share/icons/hicolor/." "$data/icons/hicolor/"
ln -sf "$here/musegen-daw" "$programs/musegen-daw"
# Menus do not look where a person's own programs are, so the entry names the program in full.
sed -e "s|^Exec=musegen-daw|Exec=\"$here/musegen-daw\"|" -e "s|^TryExec=.*|TryExec=$here/musegen-daw|" \
    "$here/share/applications/musegen-daw.desktop" > "$entry.new"
mv "$entry.new" "$entry"
if command -v update-desktop-database >/dev/null; then
    update-desktop-database -q "$data/applications" || true
fi
echo "musegen-daw is in the menu, and in $programs."
