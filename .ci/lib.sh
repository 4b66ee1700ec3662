# Functions for the scripts in this folder: timed stages, skipped checks, installation.
# shellcheck shell=bash

top=$(git -C "$(dirname "${BASH_SOURCE[0]}")" rev-parse --show-toplevel)
cd "$top"

# One folder for all builds. Incremental data would only take space, because each build runs once.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$top/target}"
export CARGO_INCREMENTAL=0 CARGO_TERM_COLOR=never
# A stage whose toolchain is missing is skipped; the toolchain is not downloaded.
export RUSTUP_AUTO_INSTALL=0
PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"

# Missing programs are installed with --install, and with CI=true, which public CI services set.
install=0
[ "${CI:-}" != true ] || install=1

# Stages run in subshells, so they report through files.
notes=$(mktemp -d)
: >"$notes/table"
: >"$notes/skips"
tr ',' '\n' <<<"${STUNWIRE_REQUIRE:-}" | sed '/^$/d' >"$notes/require"
started=$SECONDS
failed=0

# stage NAME COMMAND...: runs the command and prints its time. Continues after a failure, so that one run
# reports every failure.
stage() {
  local name=$1 begin=$SECONDS status=0 result=ok skips
  shift
  skips=$(wc -l <"$notes/skips")
  printf '\n== %s\n' "$name"
  # `set -e` has no effect inside a condition, so the status is read outside of one.
  set +e
  (
    set -e
    STUNWIRE_REQUIRE=$(paste -sd, "$notes/require")
    export STUNWIRE_REQUIRE
    "$@"
  )
  status=$?
  set -e
  if [ "$status" -ne 0 ] || [ -e "$notes/missing" ]; then
    rm -f "$notes/missing"
    result=FAILED
    failed=1
  elif [ "$(wc -l <"$notes/skips")" -ne "$skips" ]; then
    result=skipped
  fi
  printf '== %s: %s after %d s\n' "$name" "$result" $((SECONDS - begin))
  printf '%-16s %5d s  %s\n' "$name" $((SECONDS - begin)) "$result" >>"$notes/table"
}

# Runs at the end, also after an interruption.
report() {
  local status=$?
  [ "$status" -ne 0 ] || status=$failed
  printf '\n== Times\n'
  cat "$notes/table"
  printf '%-16s %5d s\n' all $((SECONDS - started))
  cat "$notes/skips"
  rm -rf "$notes"
  [ "$status" -eq 0 ] || printf 'FAILED\n'
  exit "$status"
}
trap report EXIT

# skip NAME WHY: reports that something is missing. The stage fails if NAME is in STUNWIRE_REQUIRE: what
# this run has found or installed, and what its caller requires.
skip() {
  printf 'skipped: %s: %s\n' "$1" "$2" | tee -a "$notes/skips"
  if grep -qxF "$1" "$notes/require"; then
    printf '%s is required\n' "$1"
    touch "$notes/missing"
  fi
}

# need PROGRAM INSTALL...: whether the program is installed. If it is missing and installation is allowed,
# installs it first. An installed program is required from then on.
need() {
  local program=$1
  shift
  if ! command -v "$program" >/dev/null && [ "$install" -eq 1 ]; then
    printf 'installing %s: %s\n' "$program" "$*"
    # The output is printed only after a failure.
    "$@" >"$notes/install" 2>&1 </dev/null || tail -n 5 "$notes/install"
    hash -r
  fi
  command -v "$program" >/dev/null || return 1
  grep -qxF "$program" "$notes/require" || printf '%s\n' "$program" >>"$notes/require"
}

# debian PACKAGE...: installs Debian packages. Needs root.
debian() {
  [ "$install" -eq 1 ] || return 1
  [ "$(id -u)" -eq 0 ] || { printf 'not root\n'; return 1; }
  export DEBIAN_FRONTEND=noninteractive
  [ -e "$notes/updated" ] || { apt-get update -q && touch "$notes/updated"; } || return 1
  apt-get install -q -y --no-install-recommends "$@"
}

# crates_io NAME: whether the cargo subcommand is installed, from crates.io if it is missing. Its build
# folder is large and not used again.
crates_io() {
  local status=0
  CARGO_TARGET_DIR="$notes/build" need "$1" cargo install "$1" --locked --quiet || status=$?
  rm -rf "$notes/build"
  [ "$status" -eq 0 ] || skip "$1" "not installed"
  return "$status"
}

has_toolchain() {
  rustup run "$1" rustc --version >/dev/null 2>&1
}

has_component() { # TOOLCHAIN COMPONENT
  rustup component list --toolchain "$1" 2>/dev/null | grep -qE "^$2.*\(installed\)"
}

# The value of a key of [package] in Cargo.toml.
package() {
  sed -n "s/^$1 = \"\(.*\)\"\$/\1/p" Cargo.toml | head -n 1
}

# The features in Cargo.toml, one per line.
features() {
  sed -n '/^\[features\]/,/^\[[^f]/s/^\([a-z0-9_-]*\) = .*/\1/p' Cargo.toml | grep -vx default
}

# checked COMMAND...: release builds with overflow checks and debug assertions.
checked() {
  CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS=true CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS=true "$@"
}

fuzz_targets() {
  sed -n '/^\[\[bin\]\]/,/^path/s/^name = "\(.*\)"$/\1/p' fuzz/Cargo.toml
}

fuzz_build() {
  has_toolchain nightly || { skip nightly "fuzzing needs the nightly toolchain"; return; }
  crates_io cargo-fuzz || return 0
  # `cargo fuzz` has no `--locked`.
  cargo metadata --locked --format-version 1 --manifest-path fuzz/Cargo.toml >/dev/null
  # Optimized, with overflow checks and debug assertions. AddressSanitizer, with which OSS-Fuzz and ClusterFuzzLite
  # build, makes the targets several times slower, and the library has no unsafe code.
  cargo +nightly fuzz build --sanitizer none --debug-assertions --target-dir "$CARGO_TARGET_DIR/fuzz"
  touch "$notes/fuzz-built"
}

# fuzz TARGET SECONDS: from its seeds and regressions, into a corpus that git ignores. A message has at most
# 65,555 bytes, and inputs have some bytes before it.
fuzz() {
  local target=$1 seconds=$2
  # The stage that builds has reported the reason. A program of an earlier run is not used.
  [ -e "$notes/fuzz-built" ] || { skip "fuzz-$target" "not built"; return; }
  local program
  program=$(find "$CARGO_TARGET_DIR/fuzz" -path "*/release/$target" -type f | head -n 1)
  mkdir -p "fuzz/corpus/$target" "fuzz/artifacts/$target"
  [ -d "$notes/long" ] || python3 fuzz/seeds.py --long "$notes/long"
  # A target without findings has no folder of regressions.
  local inputs=("fuzz/seeds/$target" "$notes/long/$target")
  [ ! -d "fuzz/regressions/$target" ] || inputs+=("fuzz/regressions/$target")
  "$program" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -max_len=65600 -len_control=0 \
    -entropic_scale_per_exec_time=1 -dict=fuzz/stun.dict -artifact_prefix="fuzz/artifacts/$target/" \
    -verbosity=1 -print_final_stats=1 \
    "fuzz/corpus/$target" "${inputs[@]}" \
    >"$notes/fuzz" 2>&1 || { tail -n 40 "$notes/fuzz"; return 1; }
  grep -E '^(Done|stat::(number_of_executed_units|average_exec_per_sec|peak_rss_mb))|INITED' "$notes/fuzz"
}
