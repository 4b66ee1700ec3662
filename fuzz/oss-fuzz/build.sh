#!/usr/bin/env bash
# OSS-Fuzz's build: the targets with their seeds, dictionary and options, in $OUT.
set -euo pipefail

cd "$SRC/stunwire"
long=$(mktemp -d)
python3 fuzz/seeds.py --long "$long"
# Optimized, with overflow checks and debug assertions.
cargo fuzz build -O --debug-assertions

programs=$(dirname "$(find -H fuzz/target -path '*/release/parse' -type f | head -n 1)")
sed -n '/^\[\[bin\]\]/,/^path/s/^name = "\(.*\)"$/\1/p' fuzz/Cargo.toml | while read -r target; do
  cp "$programs/$target" "$OUT/"
  cp fuzz/stun.dict "$OUT/$target.dict"
  printf '[libfuzzer]\nmax_len = 65600\nlen_control = 0\nentropic_scale_per_exec_time = 1\n' >"$OUT/$target.options"
  # A target without findings has no folder of regressions.
  find fuzz/seeds fuzz/regressions "$long" -path "*/$target/*.bin" |
    zip --quiet --junk-paths -@ "$OUT/${target}_seed_corpus.zip"
done
rm -rf "$long"
