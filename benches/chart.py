#!/usr/bin/env python3
"""Reads the output of `cargo bench` in benches/peers from standard input. Prints the table of
src/docs/performance.md, and writes benches/chart.svg."""

import math
import pathlib
import sys

NAMES = {
    "a1-parse": "parse",
    "a2-parse-and-iterate": "parse, then iterate",
    "a3-walk": "one fallible pass",
    "b-typed-check": "parse, read typed: ICE check",
    "b-typed-check-walk": "ICE check in one pass",
    "b-typed-allocate": "parse, read typed: Allocate",
    "b-typed-ms-send": "parse, read typed: MS-TURN's Send",
    "c-fingerprint": "parse, FINGERPRINT",
    "d-verify-check": "parse, verify: ICE check",
    "d-verify-allocate": "parse, verify: Allocate",
    "e-sign-check": "encode, sign: ICE check",
    "e-sign-allocate": "encode, sign: Allocate",
    "f-decode": "relay: decode a Send",
    "f-encode-copy": "relay: Data, copied",
    "f-in-place": "relay: Data, in place",
    "f-vectored": "relay: Data, vectored",
    "f-channel-in-place": "relay: ChannelData, in place",
    "g-frames": "frames of 64 KiB",
}


def read(lines):
    rows, comments = {}, []
    for line in lines:
        if line.startswith("#"):
            comments.append(line[1:].strip())
            continue
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 5 and cells[0] in NAMES:
            ratio, spread = cells[3].split(" ", 1)
            way = (float(cells[2]), float(ratio), spread.strip("() "), int(cells[4]))
            rows.setdefault(cells[0], {})[cells[1]] = way
    return rows, comments


def best_peer(ways):
    peers = {name: way for name, way in ways.items() if name != "stunwire" and not name.startswith("baseline")}
    return min(peers.items(), key=lambda item: item[1][0]) if peers else None


def table(rows):
    yield "| | baseline | stunwire | to the baseline, quartiles | fastest peer | to it | allocations |"
    yield "|---|---|---|---|---|---|---|"
    for row, ways in rows.items():
        baseline, (time, ratio, spread, allocations) = ways["baseline"][0], ways["stunwire"]
        peer, times = "", ""
        if best := best_peer(ways):
            peer = f"{best[0]}, {best[1][0]:.1f} ns"
            times = f"{best[1][0] / time:.1f} times as fast"
        yield (
            f"| {NAMES[row]} | {baseline:.1f} ns | {time:.1f} ns | {ratio:.2f} ({spread}) "
            f"| {peer} | {times} | {allocations} |"
        )


def chart(rows, processor):
    line, left, width = 34, 230, 470
    most = max(best[1][1] for ways in rows.values() if (best := best_peer(ways)))
    top = max(most, 2.0)

    def bar(ratio):
        return max(2.0, width * math.log2(max(ratio, 0.5) / 0.5) / math.log2(top / 0.5))

    height = 60 + line * len(rows)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 130} {height}" '
        'font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="10" y="20">Time relative to the hand-written baseline, logarithmic; shorter is faster. {processor}</text>',
    ]
    one = left + bar(1.0)
    out.append(f'<line x1="{one:.1f}" y1="32" x2="{one:.1f}" y2="{height - 20}" stroke="#888" stroke-dasharray="3"/>')
    out.append(f'<text x="{one:.1f}" y="{height - 6}" text-anchor="middle" fill="#555">baseline</text>')
    for index, (row, ways) in enumerate(rows.items()):
        y = 36 + index * line
        out.append(f'<text x="{left - 8}" y="{y + 18}" text-anchor="end">{NAMES[row]}</text>')
        bars = [("stunwire", ways["stunwire"], "#2a6fbb")]
        if best := best_peer(ways):
            bars.append((best[0], best[1], "#b9b9b9"))
        for at, (name, way, colour) in enumerate(bars):
            long = bar(way[1])
            out.append(f'<rect x="{left}" y="{y + at * 14}" width="{long:.1f}" height="12" fill="{colour}"/>')
            out.append(f'<text x="{left + long + 5:.1f}" y="{y + 10 + at * 14}" font-size="11">{name} {way[1]:.2f}</text>')
    out.append("</svg>")
    return "\n".join(out) + "\n"


def main():
    rows, comments = read(sys.stdin)
    for text in table(rows):
        print(text)
    path = pathlib.Path(__file__).with_name("chart.svg")
    path.write_text(chart(rows, comments[0] if comments else ""), encoding="utf-8")


main()
