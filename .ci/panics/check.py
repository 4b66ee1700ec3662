#!/usr/bin/env python3
"""Looks for paths to a panic in a library: check.py LIBRARY ALLOWED...

A path starts at an exported `entry_` function or at any function of stunwire, and follows calls, jumps and
the addresses of functions. ALLOWED are files of calls that may panic: in each line a part of the panicking
function's name, `<-`, and a part of its caller's name; `#` begins a comment.
"""

import pathlib
import re
import subprocess
import sys
from collections import deque

PANIC = re.compile(
    r"core::panicking::|core::slice::index::slice_|core::slice::copy_from_slice_impl::len_mismatch|"
    r"core::str::slice_error_fail|core::(option|result)::(unwrap|expect)_failed|core::cell::panic_|"
    r"alloc::(raw_vec::(capacity_overflow|handle_error)|alloc::handle_alloc_error)|std::panicking::|__rustc::rust_begin_unwind|rust_panic"
)
FUNCTION = re.compile(r"^[0-9a-f]+ <(.*)>:$")
# A direct call or jump, or an address.
TARGET = re.compile(r"\b(?:call|j[a-z]+|lea)\b[^<]*<(.*?)(?:\+0x[0-9a-f]+)?>$")


def graph(library):
    text = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", "-C", library], check=True, capture_output=True, text=True
    ).stdout
    calls, name = {}, None
    for line in text.splitlines():
        if found := FUNCTION.match(line):
            name = found.group(1)
            calls.setdefault(name, set())
        elif name and (found := TARGET.search(line)):
            target = re.sub(r"@plt$", "", found.group(1))
            calls[name].add(target)
    # An address may be that of data.
    return {name: targets & calls.keys() for name, targets in calls.items()}


def main():
    library = sys.argv[1]
    allowed = []
    for file in sys.argv[2:]:
        for line in pathlib.Path(file).read_text().splitlines():
            if line and not line.startswith("#"):
                allowed.append(tuple(part.strip() for part in line.split("<-")))
    calls = graph(library)
    roots = [name for name in calls if name.startswith("entry_") or "stunwire" in name]
    if len([name for name in roots if name.startswith("entry_")]) < 12:
        sys.exit(f"{library} does not export its functions")
    before = dict.fromkeys(roots)
    queue, found = deque(roots), []
    while queue:
        name = queue.popleft()
        if PANIC.search(name):
            continue
        for target in sorted(calls.get(name, ())):
            if PANIC.search(target) and not any(panic in target and caller in name for panic, caller in allowed):
                path = [target, name]
                while before[path[-1]] is not None:
                    path.append(before[path[-1]])
                found.append(" <- ".join(path))
            if target not in before:
                before[target] = name
                queue.append(target)
    print(f"{len(before)} functions are reachable, {len(found)} calls can panic")
    for path in found:
        print(path)
    sys.exit(1 if found else 0)


main()
