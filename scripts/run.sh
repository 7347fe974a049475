#!/bin/sh
# Opens the window where there is one to open, else makes drums and a mix for the bundled clip.
set -eu
cd "$(dirname "$0")/.."

has_screen() {
    [ "$(uname)" = Darwin ] || [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]
}

if has_screen; then
    exec .venv/bin/musegen-daw
fi

mkdir -p out
.venv/bin/musegen-daw generate resources/clips/demo.mid -o out/demo.mid
.venv/bin/musegen-daw bounce out/demo.mid -o out/demo.wav
echo
echo "The part with its new drums: $PWD/out/demo.mid"
echo "The mix of both:             $PWD/out/demo.wav"
