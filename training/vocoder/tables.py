"""The tables of an evaluation as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

THREADS = (1, 2)
_WIDTH = 42


def print_tables(figures: Mapping[str, Any]) -> None:
    """Print the distances and times of every row, then partials, phase, attacks and noise."""
    print(
        f"{figures['clips']} clips at {figures['mel']['sample_rate_hz']} Hz; model {figures['model']}; "
        f"seed {figures['seed']}; {figures['machine']}"
    )
    print("\n".join([*spectra_table(figures), "", *detail_table(figures)]))


def spectra_table(figures: Mapping[str, Any]) -> list[str]:
    """The spectral distances and the real-time factors, a line for every row."""
    threads = " ".join(f"{f'RTF {count} thr.':>10}" for count in THREADS)
    lines = [
        f"{'':{_WIDTH}} {'M-STFT':>6} {'95 %':>13} {'log-mel':>8} {'LSD dB':>16} {'valley dB':>17} {threads}"
    ]
    for row in figures["rows"].values():
        stft, mel, lsd, valley = (row["means"][name] for name in ("stft", "log_mel", "lsd_db", "valley_db"))
        factors = [row["real_time_factor"].get(str(count)) for count in THREADS]
        times = " ".join(f"{factor:10.4f}" if factor is not None else f"{'':10}" for factor in factors)
        lines.append(
            f"{row['label']:{_WIDTH}} {stft['mean']:6.3f}  {stft['low']:.3f}–{stft['high']:.3f} {mel['mean']:8.3f} "
            f"{lsd['mean']:5.1f} {lsd['low']:4.1f}–{lsd['high']:4.1f} "
            f"{valley['mean']:+5.1f} {valley['low']:+5.1f}–{valley['high']:+5.1f} {times}".rstrip()
        )
    lines.append("95 % intervals by bootstrap over clips; real-time factors: medians, from log-mel to audio.")
    return lines


def detail_table(figures: Mapping[str, Any]) -> list[str]:
    """What the spectral distances do not tell apart, a line for every row; the intervals behind the means."""
    lines = [
        f"{'':{_WIDTH}} {'tonal M-STFT':>18}  {'phase error rad':>18} {'freq.':>5} {'delay':>5}  "
        f"{'attack dB':>12} {'lost dB':>16}  {'noise mod.':>17}"
    ]
    for row in figures["rows"].values():
        means = row["means"]
        attack = " -> ".join(
            _number(means[f"attack_{side}_db"], "4.1f") for side in ("reference", "generated")
        )
        lines.append(
            f"{row['label']:{_WIDTH}} {_interval(means['tonal_stft'], '.3f'):>18}  "
            f"{_interval(means['phase_rad'], '.3f'):>18} {_number(means['frequency_rad'], '.2f'):>5} "
            f"{_number(means['delay_rad'], '.2f'):>5}  {attack:>12} "
            f"{_interval(means['attack_lost_db'], '.1f'):>16}  {_interval(means['noise_modulation'], '.3f'):>17}"
        )
    lines.append(
        "Phase error: 0 is the original, 1.571 chance. Attack: rise within 5 ms at onsets, original -> made. "
        "Noise modulation: 1 is the original, more is streaky, less smeared."
    )
    return lines


def _number(mean: Mapping[str, float] | None, form: str) -> str:
    return "none" if mean is None else format(mean["mean"], form)


def _interval(mean: Mapping[str, float] | None, form: str) -> str:
    if mean is None:
        return "none"
    return f"{mean['mean']:{form}} {mean['low']:{form}}–{mean['high']:{form}}"
