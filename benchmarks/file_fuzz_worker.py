"""`python -m benchmarks.file_fuzz_worker READER FIRST LAST SEED FOLDER`: damaged files for one reader, in its process.

The counts so far are printed as a line of JSON now and then, and at the end.
"""

from __future__ import annotations

import gc
import json
import os
import random
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.document_readers import DOCUMENT_READERS
from benchmarks.file_mutations import Reader
from benchmarks.hostile_worker import MAX_SECONDS, limit_memory
from benchmarks.model_readers import MODEL_READERS
from musegen_daw.errors import MusegenError

READERS = {**DOCUMENT_READERS, **MODEL_READERS}
TELL_SECONDS = 0.5
MAX_WORDS = 100


def no_counts() -> dict[str, Any]:
    return {"read": 0, "refused": 0, "fell": 0, "slow": 0, "longest_seconds": 0.0, "words": []}


def main(argv: list[str]) -> int:
    """Read mutants FIRST up to LAST; those that fall are kept in the folder named last, if one is."""
    name, first, last, seed, folder, *kept = argv
    warnings.simplefilter("ignore")
    limit_memory()
    tell = _own_output()
    reader = READERS[name]
    place = Path(folder) / name.replace(" ", "-")
    path = place / reader.file
    path.parent.mkdir(parents=True, exist_ok=True)
    reader.prepare(place)
    sound = reader.sound()
    for data in sound:  # what is imported for it counts for no mutant
        path.write_bytes(data)
        end, words = _read(reader, path)
        if end != "read":
            tell({"unsound": words})
            return 1
    total = no_counts()
    told_seconds = 0.0
    for number in range(int(first), int(last)):
        drawn = random.Random(f"{name} {seed} {number}")
        data = drawn.choice(reader.mutate)(drawn.choice(sound), drawn)
        path.unlink(missing_ok=True)
        path.write_bytes(data)
        began_seconds = time.process_time()
        end, words = _read(reader, path)
        took_seconds = time.process_time() - began_seconds
        total[end] += 1
        total["slow"] += took_seconds > MAX_SECONDS
        total["longest_seconds"] = max(total["longest_seconds"], took_seconds)
        if (end == "fell" or took_seconds > MAX_SECONDS) and len(total["words"]) < MAX_WORDS:
            total["words"] += [words] if words not in total["words"] else []
            if kept:
                (Path(kept[0]) / f"{name.replace(' ', '-')}-{number}").write_bytes(data)
        if time.monotonic() - told_seconds > TELL_SECONDS:
            told_seconds = time.monotonic()
            tell({**total, "next": number + 1})
    tell({**total, "next": int(last)})
    return 0


def _own_output() -> Callable[[dict[str, Any]], None]:
    """What writes a line to where the standard output led; what libraries write there goes nowhere from now on."""
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return lambda values: print(json.dumps(values), file=output, flush=True)


def _read(reader: Reader, path: Path) -> tuple[str, str]:
    """How reading ended, and the words of what was raised."""
    try:
        reader.read(path)
    except MusegenError as error:
        sentence = str(error)
        return (
            ("refused", sentence)
            if sentence.strip() and "\n" not in sentence
            else ("fell", f"no sentence: {sentence!r:.99}")
        )
    except Exception as error:  # noqa: BLE001 - counting these is what this is for
        gc.collect()
        return "fell", f"{type(error).__name__}: {' '.join(str(error).split())[:80]}"
    return "read", ""


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
