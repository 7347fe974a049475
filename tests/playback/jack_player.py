"""A player on the sound device of a JACK server, recorded by another process; PortAudio looks for servers only once.

The sources count their samples, so what is heard says where it was read: A counts upwards from 0, B is the same below
zero. A loop goes round in them all the while.
"""

import json
import subprocess
import sys
import time

import numpy as np

from musegen_daw.devices.sound_devices import load_portaudio
from musegen_daw.playback.deck import Deck
from musegen_daw.playback.player import Player
from musegen_daw.playback.source import Source

RATE_HZ = 48_000
LENGTH = RATE_HZ
COUNT = ((1 + np.arange(LENGTH, dtype=np.float32)) / 65_536)[:, np.newaxis]
LOOP_SECONDS = (0.25, 0.75)
SWITCHES = 4
FADE = 480


def play():
    player = Player()
    deck = Deck(player.sample_rate_hz)
    deck.load([Source("a", COUNT), Source("b", -COUNT)])
    deck.select("a")
    deck.set_loop(LOOP_SECONDS)
    player.play(deck)
    player.pause()
    player.wait()
    print("ready", flush=True)
    sys.stdin.readline()
    deck.seek(0)
    player.play(deck)
    positions = []
    for name in "baba":
        sys.stdin.readline()
        positions.append(deck.position_seconds)
        deck.select(name)
    sys.stdin.readline()
    within = all(0 <= position <= LOOP_SECONDS[1] for position in positions) and len(set(positions)) == len(
        positions
    )
    print(
        json.dumps(
            {"underflows": player.underflows, "trouble": player.trouble, "positions are within": within}
        ),
        flush=True,
    )
    player.close()


def record():
    with subprocess.Popen(
        [sys.executable, "-m", "tests.playback.jack_player", "play"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as player:  # fmt: skip
        player.stdout.readline()
        blocks, overflows = [], []

        def take(block, frames, times, status):
            blocks.append(block[:, 0].copy())
            overflows.append(bool(status.input_overflow))

        def tell():
            player.stdin.write("\n")
            player.stdin.flush()

        with load_portaudio().InputStream(device="PortAudio", channels=2, samplerate=RATE_HZ, callback=take):
            tell()
            wait_until(lambda: any(np.any(block) for block in blocks))
            begun = len(blocks)
            for switch in range(SWITCHES + 1):
                due_samples = (switch + 1) * 0.45 * RATE_HZ
                wait_until(lambda due=due_samples: sum(map(len, blocks[begun:])) > due)
                tell()
        facts = json.loads(player.communicate()[0])
    heard = np.concatenate(blocks)
    heard = heard[np.flatnonzero(heard)[0] :]
    print(json.dumps({**facts, **judge(heard), "overflows": sum(overflows), "rate_hz": RATE_HZ}))


def judge(heard):
    """How often the source changed, and how often the place in it jumped but for the loop, fades left out."""
    signs = np.sign(heard)
    steady = np.array([signs[at : at + FADE] for at in range(0, len(signs) - FADE, FADE)])
    kept = [row[0] for row in steady if abs(row.sum()) == FADE]
    switches = int(np.count_nonzero(np.diff(kept)))
    places = np.round(np.abs(heard) * 65_536).astype(int) - 1
    start, end = (round(seconds * RATE_HZ) for seconds in LOOP_SECONDS)
    jumps, at = 0, 0
    while at < len(places) - 1:
        is_fade = places[at + 1] != places[at] + 1
        if not is_fade:
            at += 1
            continue
        # Over a fade the place goes on, by the loop or straight.
        before, after = places[at], at + FADE + 2
        if after + 1 >= len(places):
            break
        expected = before + after - at
        jumps += places[after] not in (expected, expected - (end - start))
        at = after
    return {"heard": len(heard), "switches": switches, "jumps": int(jumps)}


def wait_until(condition):
    """Counted in samples, as a busy computer may deliver them late."""
    end = time.monotonic() + 120
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the sound device delivers nothing")
        time.sleep(0.02)


if __name__ == "__main__":
    play() if sys.argv[1:] == ["play"] else record()
