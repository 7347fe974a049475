"""Jams in which something is killed, as the benchmark measures them, few times and in a process of their own."""

import json
import random

from benchmarks.killed_processes import deaths, jam_after_noise, noise, renderings


def main():
    chance = random.Random(3)
    said = {what: deaths(what, 2, chance) for what in ("drummer", "server")}
    said |= {"renderer": renderings(1), "noise": noise(6.0, chance), "jam": jam_after_noise(1.0, chance)}
    print(json.dumps(said))


if __name__ == "__main__":
    main()
