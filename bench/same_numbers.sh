#!/bin/sh
# Trains both networks for an epoch here and on an emulated processor that has AVX2 and no AVX-512, and compares what
# both say of the songs, byte by byte. Needs qemu-user (Debian: apt-get install qemu-user); some ten minutes.
#
#   bench/same_numbers.sh [target/release/genrefold]
set -eu
binary=${1:-target/release/genrefold}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
sed 's/^epochs = .*/epochs = 1/' configs/smoke.toml > "$folder/smoke.toml"
for network in rgluformer-track rglu-lstm-track; do
    for emulator in "" "qemu-x86_64 -cpu max"; do
        out="$folder/$([ -n "$emulator" ] && echo emulated || echo native)"
        $emulator "$binary" crossval "$folder/smoke.toml" -o "$out" --folds 1 --only "$network" > "$folder/log" 2>&1 ||
            { cat "$folder/log"; exit 1; }
    done
    cmp "$folder/native/$network/folds/01.json" "$folder/emulated/$network/folds/01.json"
    echo "$network: the same bytes"
done
