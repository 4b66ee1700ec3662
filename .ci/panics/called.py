#!/usr/bin/env python3
"""Checks that src/ names every public function of the list of the API, .ci/api.txt, that is called by its name."""

import pathlib
import re
import sys

FUNCTION = re.compile(r"^pub (?:const )?fn (.*)$")
# The random numbers of the operating system do not depend on input. The preparation of texts, the feature `precis`, is
# that of other crates, whose tables and buffers the compiler does not see through.
NOT_CALLED = {"random", "random_classic", "random_tie_breaker", "rotate_random", "opaque_string", "saslprep"}


def name_of(signature):
    """The last segment of the path of a function, without the arguments of its types."""
    depth, text = 0, ""
    for char in signature:
        depth += (char == "<") - (char == ">")
        if char == "(" and depth == 0:
            break
        if depth == 0 and char not in "<>":
            text += char
    return text.split("::")[-1]


def main():
    here = pathlib.Path(__file__).resolve().parent
    called = set(re.findall(r"\w+", "".join(file.read_text() for file in sorted((here / "src").glob("*.rs")))))
    found = [FUNCTION.match(line) for line in (here.parent / "api.txt").read_text().splitlines()]
    names = {name_of(line.group(1)) for line in found if line}
    missing = sorted(names - called - NOT_CALLED)
    print(f"{len(names)} names of functions, {len(missing)} are not called")
    for name in missing:
        print(name)
    sys.exit(1 if missing or len(names) < 200 else 0)


main()
