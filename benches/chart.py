#!/usr/bin/env python3
"""Writes the table of times in src/docs/performance.md and benches/chart.svg.

    python3 benches/chart.py

Reads the output of `cargo bench` in benches/peers under cargo's release profile (benches/peers/release.txt) and under
fat LTO with one codegen unit (lto.txt): the times, and those of the other crates. The ratios to the baseline are those
of `cargo bench --features calls` (release-calls.txt, lto-calls.txt).
"""

import math
import pathlib

BENCHES = pathlib.Path(__file__).parent
PAGE = BENCHES.parent / "src/docs/performance.md"
PROFILES = {"release": "release", "lto": "fat LTO"}

NAMES = {
    "a1-parse": "parse",
    "a2-parse-and-iterate": "parse, then iterate",
    "a3-walk": "one fallible pass",
    "b-read-check": "parse, `read`: ICE check",
    "b-match-check": "parse, iterate and match: ICE check",
    "b-match-check-walk": "one fallible pass and match: ICE check",
    "b-get-check": "parse, six `get`: ICE check",
    "b-read-allocate": "parse, `read`: Allocate",
    "b-match-allocate": "parse, iterate and match: Allocate",
    "b-get-allocate": "parse, eight `get`: Allocate",
    "b-typed-ms-send": "parse, match: MS-TURN's Send",
    "c-fingerprint": "parse, FINGERPRINT",
    "d-verify-check": "parse, verify: ICE check",
    "d-verify-allocate": "parse, verify: Allocate",
    "d-key-and-verify": "key, parse, verify: ICE check",
    "e-sign-check": "write, sign: ICE check",
    "e-sign-allocate": "write, sign: Allocate",
    "f-decode": "relay: decode a Send",
    "f-encode-copy": "relay: Data, copied",
    "f-in-place": "relay: Data, in place",
    "f-vectored": "relay: Data, vectored",
    "f-payload": "relay: Data, vectored, by the writer of any message",
    "f-channel-in-place": "relay: ChannelData, in place",
    "f-channel-decode": "relay: decode ChannelData",
    "f-channel-copy": "relay: ChannelData, copied",
    "g-frames": "frames of 64 KiB",
}
OWN = ("stunwire", "baseline", "least")


def read(profile):
    """The rows of a run, `{row: {way: (ns, ratio, quartiles, allocations)}}`, and the processor."""
    rows, comments = {}, []
    for line in (BENCHES / f"peers/{profile}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            comments.append(line[1:].strip())
            continue
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 5 and cells[0] in NAMES:
            ratio, quartiles = cells[3].split(" ", 1)
            way = (float(cells[2]), float(ratio), quartiles.strip("() "), int(cells[4]))
            rows.setdefault(cells[0], {})[cells[1]] = way
    return rows, comments[0] if comments else ""


def against_baseline(profile, row, runs):
    """The ratio to the baseline, where both are functions that are not inlined, and its quartiles."""
    _, ratio, quartiles, _ = runs[f"{profile}-calls"][row]["stunwire"]
    return ratio, quartiles


def best_peer(ways):
    peers = {name: way for name, way in ways.items() if not name.startswith(OWN)}
    return min(peers.items(), key=lambda item: item[1][0]) if peers else None


def table(runs):
    yield "| | " + " | ".join(
        f"{name}: stunwire | to the baseline | fastest other crate" for name in PROFILES.values()
    ) + " |"
    yield "|---" * (1 + 3 * len(PROFILES)) + "|"
    for row in runs["release"]:
        cells = [NAMES[row]]
        for profile in PROFILES:
            ways = runs[profile][row]
            time, _, _, allocations = ways["stunwire"]
            ratio, quartiles = against_baseline(profile, row, runs)
            assert allocations == 0, row
            peer = ""
            if best := best_peer(ways):
                name, way = best
                peer = f"{name}, {way[0]:.1f} ns, {way[0] / time:.2f} times as long"
            cells += [f"{time:.1f} ns", f"{ratio:.2f} ({quartiles})", peer]
        yield "| " + " | ".join(cells) + " |"


def write_page(lines):
    text = PAGE.read_text(encoding="utf-8").split("\n")
    begin = next(at for at, line in enumerate(text) if line.startswith("| | release: stunwire"))
    end = next(at for at in range(begin, len(text)) if not text[at].startswith("|"))
    PAGE.write_text("\n".join(text[:begin] + list(lines) + text[end:]), encoding="utf-8")


def chart(runs, processor):
    shown = [row for row in runs["release"] if best_peer(runs["release"][row])]
    line, left, width = 62, 250, 440
    peers = [best_peer(runs[profile][row])[1][1] for profile in PROFILES for row in shown]
    top = max(2.0, *peers)

    def bar(ratio):
        return max(2.0, width * math.log2(max(ratio, 0.5) / 0.5) / math.log2(top / 0.5))

    height = 60 + line * len(shown)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 190} {height}" '
        'font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="#fff"/>',
        '<text x="10" y="20">Time relative to the hand-written baseline of the same profile, logarithmic; '
        f"shorter is faster. {processor}</text>",
    ]
    one = left + bar(1.0)
    out.append(f'<line x1="{one:.1f}" y1="32" x2="{one:.1f}" y2="{height - 20}" stroke="#888" stroke-dasharray="3"/>')
    out.append(f'<text x="{one:.1f}" y="{height - 6}" text-anchor="middle" fill="#555">baseline</text>')
    for index, row in enumerate(shown):
        y = 36 + index * line
        out.append(f'<text x="{left - 8}" y="{y + 30}" text-anchor="end">{NAMES[row].replace("`", "")}</text>')
        bars = []
        for profile, colors in zip(PROFILES, (("#2a6fbb", "#b9b9b9"), ("#6aa5e0", "#d6d6d6"))):
            ways = runs[profile][row]
            name, way = best_peer(ways)
            bars.append((f"stunwire, {PROFILES[profile]}", ways["stunwire"][1], colors[0]))
            bars.append((f"{name}, {PROFILES[profile]}", way[1], colors[1]))
        for at, (name, ratio, color) in enumerate(bars):
            long = bar(ratio)
            out.append(f'<rect x="{left}" y="{y + at * 13}" width="{long:.1f}" height="11" fill="{color}"/>')
            out.append(f'<text x="{left + long + 5:.1f}" y="{y + 10 + at * 13}" font-size="11">{name} {ratio:.2f}</text>')
    out.append("</svg>")
    return "\n".join(out) + "\n"


def main():
    names = [profile + mode for profile in PROFILES for mode in ("", "-calls")]
    read_runs = {name: read(name) for name in names}
    runs = {profile: rows for profile, (rows, _) in read_runs.items()}
    write_page(table(runs))
    (BENCHES / "chart.svg").write_text(chart(runs, read_runs["release"][1]), encoding="utf-8")


main()
