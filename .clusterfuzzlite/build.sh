#!/usr/bin/env bash
# ClusterFuzzLite's build: that of OSS-Fuzz.
set -euo pipefail
bash "$SRC/stunwire/fuzz/oss-fuzz/build.sh"
