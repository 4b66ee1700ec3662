#!/usr/bin/env python3
"""Runs the tests against every mutant that cargo-mutants lists, all built into one copy of the workspace.

    python3 .ci/mutants/run.py FOLDER FILE...

FOLDER keeps the copy, its build and the results. A mutant is a change of one operator, match arm, field or returned
value. In the copy each has effect if `mutant_switch::on(NUMBER)`, so that the library and its tests are built once and not
once per mutant. A first run of each test records which mutants it reaches; then each mutant is switched on in turn,
and the tests that reach it run, the fastest first, until one fails. A result is kept for each file and its contents,
so that an interrupted run continues.

A mutant that no test notices is missed. It fails the run unless `equivalent.txt` beside this file lists it. Mutants in
expressions that are evaluated at compile time, and the few that the switch cannot express, are not tried.
"""

import collections
import hashlib
import json
import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
# A test that takes more seconds of processor time is left out.
LONGEST_TEST = 10
# The switch is a crate of its own: the library forbids unsafe code.
SWITCH = """
#![no_std]
#![allow(internal_features)]
#![feature(core_intrinsics, const_eval_select)]
extern crate std;
use core::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};

static ACTIVE: AtomicU32 = AtomicU32::new(0);
static IS_RECORDING: AtomicU32 = AtomicU32::new(0);
static REACHED: [AtomicU8; SIZE] = [const { AtomicU8::new(0) }; SIZE];

const fn in_const(_: u32) -> bool {
    false
}

#[inline]
fn at_run_time(number: u32) -> bool {
    if IS_RECORDING.load(Relaxed) != 0 {
        REACHED[number as usize].store(1, Relaxed);
    }
    ACTIVE.load(Relaxed) == number
}

#[inline]
pub const fn on(number: u32) -> bool {
    core::intrinsics::const_eval_select((number,), in_const, at_run_time)
}

// Before and after `main`, because reading the environment allocates and tests count allocations.
extern "C" fn start() {
    if let Ok(number) = std::env::var("MUTANT") {
        ACTIVE.store(number.parse().unwrap(), Relaxed);
    }
    IS_RECORDING.store(std::env::var_os("MUTANT_REACHED").is_some() as u32, Relaxed);
}

extern "C" fn end() {
    if let Some(path) = std::env::var_os("MUTANT_REACHED") {
        let bytes: std::vec::Vec<u8> = REACHED.iter().map(|byte| byte.load(Relaxed)).collect();
        // A process that the test has started records into a file of its own.
        let path = std::format!("{}.{}", path.to_str().unwrap(), std::process::id());
        std::fs::write(path, bytes).unwrap();
    }
}

#[used]
#[unsafe(link_section = ".init_array")]
static START: extern "C" fn() = start;
#[used]
#[unsafe(link_section = ".fini_array")]
static END: extern "C" fn() = end;
"""

PATHS = {
    "Vec::": "::std::vec::Vec::",
    "String::": "::std::string::String::",
    "Box::": "::std::boxed::Box::",
    "Cow::": "::std::borrow::Cow::",
    "vec!": "::std::vec!",
}

# Unstable features in the switch, on the stable toolchain; and lints say nothing of the changed code.
WRAPPER = """#!/bin/sh
RUSTC_BOOTSTRAP=1 exec "$@" --cap-lints allow
"""


def run(arguments, **options):
    return subprocess.run(arguments, check=True, text=True, **options)


def output(arguments, **options):
    return run(arguments, stdout=subprocess.PIPE, **options).stdout


def mutant_list(files):
    arguments = ["cargo", "mutants", "--list", "--json", "--no-shuffle"]
    for file in files:
        arguments += ["--file", file]
    mutants = json.loads(output(arguments, cwd=TOP, stderr=subprocess.DEVNULL))
    for mutant in mutants:
        # The library is `no_std`, so the names that cargo-mutants uses need their paths.
        mutant["replacement"] = re.sub(
            r"(?<![:\w])(?:(Vec|String|Box|Cow)::|vec!)",
            lambda name: PATHS[name[0]],
            mutant["replacement"],
        )
        # Without the line and column: the key in `equivalent.txt`.
        mutant["change"] = re.sub(r"^\S+?:\d+:\d+: ", "", mutant["name"])
    return mutants


def digest(file):
    return hashlib.sha256((TOP / file).read_bytes()).hexdigest()[:16]


class Build:
    """The copy with all mutants."""

    def __init__(self, folder, mutants):
        self.folder = folder
        self.copy = folder / "copy"
        self.mutants = mutants
        # Why a mutant is not in the copy.
        self.reasons = {
            number: "returns another type"
            for number, mutant in enumerate(mutants, 1)
            if mutant["genre"] == "FnValue" and mutant["function"]["return_type"].startswith("-> impl")
        }
        # One target folder for the library in all its features and the tests.
        self.environment = dict(
            os.environ,
            CARGO_TARGET_DIR=str(folder / "target"),
            CARGO_INCREMENTAL="1",
            CARGO_PROFILE_DEV_DEBUG="0",
            CARGO_PROFILE_TEST_DEBUG="0",
            RUSTC_WORKSPACE_WRAPPER=str(folder / "rustc"),
        )
        self.environment.pop("RUSTC_WRAPPER", None)

    def write_copy(self):
        self.copy.mkdir(parents=True, exist_ok=True)
        names = output(["git", "ls-files", "-z"], cwd=TOP).split("\0")
        instrumented = {mutant["file"] for mutant in self.mutants}
        for name in filter(None, names):
            source, target = TOP / name, self.copy / name
            if not source.is_file() or name in instrumented:
                continue
            contents = source.read_bytes()
            if name == "Cargo.toml":
                text = contents.decode().replace("\n[dependencies]\n", '\n[dependencies]\nmutant_switch = { path = "switch" }\n')
                contents = text.encode()
            if not target.exists() or target.read_bytes() != contents:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(contents)
        # A file that has been moved would be found twice.
        for path in self.copy.rglob("*"):
            name = path.relative_to(self.copy)
            if path.is_file() and str(name) not in names and name.parts[0] != "switch":
                path.unlink()
        for name in instrumented:
            (self.copy / name).parent.mkdir(parents=True, exist_ok=True)
        switch = self.copy / "switch"
        (switch / "src").mkdir(parents=True, exist_ok=True)
        (switch / "Cargo.toml").write_text('[package]\nname = "mutant_switch"\nversion = "0.0.0"\nedition = "2024"\n')
        text = SWITCH.replace("SIZE", str(len(self.mutants) + 1))
        if not (switch / "src/lib.rs").exists() or (switch / "src/lib.rs").read_text() != text:
            (switch / "src/lib.rs").write_text(text)
        wrapper = self.folder / "rustc"
        wrapper.write_text(WRAPPER)
        wrapper.chmod(0o755)

    def instrument(self):
        (self.folder / "mutants.json").write_text(json.dumps(self.mutants))
        (self.folder / "disabled.json").write_text(json.dumps(sorted(self.reasons)))
        tool = self.folder / "tool"
        run(["cargo", "build", "--quiet", "--locked", "--manifest-path", str(HERE / "Cargo.toml"), "--target-dir", str(tool)])
        lines = output(
            [
                str(tool / "debug/stunwire-mutants"),
                str(self.folder / "mutants.json"),
                str(self.folder / "disabled.json"),
                str(TOP),
                str(self.copy),
            ]
        )
        self.ranges = {}
        for line in lines.splitlines():
            row = json.loads(line)
            self.reasons.update((number, "test code") for number in row["tests"])
            self.reasons.update((number, "evaluated at compile time") for number in row["compile_time"])
            self.ranges[row["file"]] = {int(number): tuple(span) for number, span in row["ranges"].items()}
        present = {number for ranges in self.ranges.values() for number in ranges}
        for number in range(1, len(self.mutants) + 1):
            if number not in present:
                self.reasons.setdefault(number, "not expressible")

    def guilty(self, message):
        """The mutants at the positions that a message of the compiler names."""
        found = set()
        for primary in (True, False):
            for span in message["spans"]:
                if span["is_primary"] != primary:
                    continue
                # Macros of the library are expanded at their calls.
                while span:
                    start, end = span["byte_start"], span["byte_end"]
                    ranges = self.ranges.get(span["file_name"], {})
                    around = [
                        (high - low, number) for number, (low, high) in ranges.items() if low <= start and end <= high
                    ]
                    if around:
                        found.add(min(around)[1])
                    elif primary:
                        within = [number for number, (low, high) in ranges.items() if start <= low and high <= end]
                        found.update(within[:1])
                    span = (span.get("expansion") or {}).get("span")
            if found:
                return found
        # A pattern without which the match is not exhaustive: the last one before the arm that the compiler suggests.
        for child in message["children"]:
            for span in child["spans"]:
                ranges = self.ranges.get(span["file_name"], {})
                before = [(low, number) for number, (low, _) in ranges.items() if low < span["byte_end"] and self.is_arm(number)]
                if before:
                    return {max(before)[1]}
        return found

    def is_arm(self, number):
        return self.mutants[number - 1]["genre"].startswith("MatchArm")

    def check(self):
        """Removes what does not compile, until the rest does."""
        for _ in range(20):
            self.instrument()
            result = subprocess.run(
                ["cargo", "check", "--quiet", "--message-format", "json", "-p", "stunwire", "--all-features"],
                cwd=self.copy,
                env=self.environment,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            removed, errors = set(), []
            for line in result.stdout.splitlines():
                row = json.loads(line)
                if row.get("reason") != "compiler-message" or row["message"]["level"] != "error":
                    continue
                guilty = self.guilty(row["message"])
                removed |= guilty
                if not guilty:
                    errors.append(row["message"]["rendered"])
            if result.returncode == 0:
                return
            if not removed:
                raise SystemExit("\n".join(errors) + result.stderr)
            self.reasons.update((number, "does not compile") for number in removed)
        raise SystemExit("the changed library does not compile")

    def build(self):
        lines = output(
            ["cargo", "test", "--quiet", "--no-run", "--message-format", "json"]
            # Its build would take longer than its tests gain.
            + ["--config", "profile.test.package.stunwire-properties.opt-level=0"]
            + ["-p", "stunwire", "-p", "stunwire-suite", "--lib", "--test", "suite", "--test", "secrets"],
            cwd=self.copy,
            env=self.environment,
        )
        programs = []
        for line in lines.splitlines():
            row = json.loads(line)
            if row.get("reason") == "compiler-artifact" and row.get("executable") and row["profile"]["test"]:
                programs.append((row["executable"], str(Path(row["manifest_path"]).parent)))
        return programs


class Tests:
    def __init__(self, folder, programs):
        self.folder = folder
        self.programs = programs
        # (program, test): seconds of processor time and the mutants that the test reaches.
        self.seconds = {}
        self.reached = {}

    def execute(self, program, tests, limit, environment):
        """The names of the tests that fail; `None` if they pass. `limit` is in seconds of processor time."""
        executable, folder = program
        environment = dict(os.environ, STUNWIRE_CASES="32", CARGO_MANIFEST_DIR=folder, RUST_BACKTRACE="0", **environment)

        def limits():
            resource.setrlimit(resource.RLIMIT_CPU, (int(limit) + 1, int(limit) + 1))
            resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        begin = resource.getrusage(resource.RUSAGE_CHILDREN)
        try:
            result = subprocess.run(
                [executable, "--exact", "--test-threads", "1", *tests],
                cwd=folder,
                env=environment,
                preexec_fn=limits,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                # A test that waits uses no processor time.
                timeout=20 + 4 * limit,
            )
            text, status = result.stdout.decode(errors="replace"), result.returncode
        except subprocess.TimeoutExpired as error:
            text, status = (error.stdout or b"").decode(errors="replace"), -9
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.last = end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime
        if status == 0:
            return None
        failed = re.findall(r"^test (\S+)(?: - should panic)? \.\.\. FAILED$", text, re.MULTILINE)
        if failed:
            return failed
        started = re.findall(r"^test (\S+)(?: - should panic)? \.\.\. (?!ok|ignored)", text, re.MULTILINE)
        kind = "timeout" if status in (-9, -24) else f"status {status}"
        return [f"{kind} {started[-1] if started else ''}"]

    def record(self):
        """Runs each test alone, without a mutant."""
        path = self.folder / "reached"
        for program in self.programs:
            names = output([program[0], "--list", "--format", "terse"], cwd=program[1])
            for test in re.findall(r"^(\S+): test$", names, re.MULTILINE):
                for old in self.folder.glob("reached.*"):
                    old.unlink()
                failed = self.execute(program, [test], LONGEST_TEST, {"MUTANT_REACHED": str(path)})
                if failed:
                    print(f"without {test}: {failed}", flush=True)
                    continue
                reached = set()
                for file in self.folder.glob("reached.*"):
                    reached.update(number for number, byte in enumerate(file.read_bytes()) if byte)
                self.seconds[program, test] = self.last
                self.reached[program, test] = reached

    def try_mutant(self, number):
        """The first failure, or `None`."""
        tests = sorted((key for key, reached in self.reached.items() if number in reached), key=self.seconds.get)
        budget = 0.25
        while tests:
            # Tests of one program, of about twice the time of the last batch.
            program, batch, seconds = tests[0][0], [], 0.0
            for key in tests:
                if key[0] == program and (not batch or seconds + self.seconds[key] <= budget):
                    batch.append(key)
                    seconds += self.seconds[key]
            failed = self.execute(program, [test for _, test in batch], 2 + 8 * seconds, {"MUTANT": str(number)})
            if failed:
                return failed[0]
            tests = [key for key in tests if key not in batch]
            budget *= 3
        return None


def listed():
    """The lines of `equivalent.txt`, by file and change."""
    lines = collections.Counter()
    for line in (HERE / "equivalent.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            file, rest = line.split(": ", 1)
            change, _, reason = rest.partition(" -- ")
            assert reason, f"no reason: {line}"
            lines[file, change] += 1
    return lines


def compare(missed, files):
    """Whether every missed mutant is listed as equivalent."""
    equivalent = listed()
    unlisted = missed - equivalent
    for (file, change), count in sorted(unlisted.items()):
        print(f"missed: {file}: {change}" + (f" ({count} times)" if count > 1 else ""))
    for file, change in sorted(equivalent - missed):
        if file in files:
            print(f"listed as equivalent, but caught or gone: {file}: {change}")
    return not unlisted


def is_done(result, mutants):
    """Whether each mutant of a file has its result. A missed one is tried again: there may be new tests."""
    rows = [result.get(mutant["name"]) for mutant in mutants]
    return all(row and row["result"] != "missed" for row in rows)


def main():
    folder = Path(sys.argv[1]).resolve()
    files = sys.argv[2:]
    folder.mkdir(parents=True, exist_ok=True)
    mutants = mutant_list(files)
    results_of = {file: folder / f"{file.replace('/', '-')}-{digest(file)}.json" for file in files}
    results = {file: json.loads(path.read_text()) if path.exists() else {} for file, path in results_of.items()}
    of_file = {file: [mutant for mutant in mutants if mutant["file"] == file] for file in files}
    open_files = [file for file in files if not is_done(results[file], of_file[file])]
    if open_files:
        build = Build(folder, mutants)
        build.write_copy()
        build.check()
        begin = time.monotonic()
        programs = build.build()
        print(f"built in {time.monotonic() - begin:.0f} s", flush=True)
        tests = Tests(folder, programs)
        begin = time.monotonic()
        tests.record()
        print(f"{len(tests.seconds)} tests in {time.monotonic() - begin:.0f} s", flush=True)
    for file in open_files:
        result = results[file]
        begin = time.monotonic()
        for number, mutant in enumerate(mutants, 1):
            name = mutant["name"]
            if mutant["file"] != file or is_done(result, [mutant]):
                continue
            if number in build.reasons:
                result[name] = {"result": "not built", "reason": build.reasons[number]}
                continue
            failed = tests.try_mutant(number)
            if failed is None:
                result[name] = {"result": "missed"}
                print("missed", name, flush=True)
            elif failed.startswith("timeout"):
                result[name] = {"result": "timeout", "test": failed}
            else:
                result[name] = {"result": "caught", "test": failed}
            results_of[file].write_text(json.dumps(result))
        results_of[file].write_text(json.dumps(result))
        kinds = collections.Counter(result[mutant["name"]]["result"] for mutant in of_file[file])
        counts = ", ".join(f"{kinds[kind]} {kind}" for kind in ("caught", "timeout", "missed", "not built"))
        print(f"{file}: {counts}; {time.monotonic() - begin:.0f} s", flush=True)
    missed = collections.Counter()
    total = collections.Counter()
    for mutant in mutants:
        kind = results[mutant["file"]][mutant["name"]]["result"]
        total[kind] += 1
        if kind == "missed":
            missed[mutant["file"], mutant["change"]] += 1
    print(", ".join(f"{count} {kind}" for kind, count in sorted(total.items())))
    if not compare(missed, files):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
