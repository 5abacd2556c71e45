#!/usr/bin/env bash
# Builds the last commit of this checkout twice, in folders of different length, with another umask, zone and language,
# and compares every jar, libraries included, byte by byte.
#   usage: tests/reproducible.sh FOLDER [MODULES]   MODULES: as for mvn -pl; default native,java-api,autograd,models
# FOLDER is made; the two checkouts stay in it. Takes as long as two builds.
set -euo pipefail

[ $# -ge 1 ] || { sed -n '2,5s/^# *//p' "$0" >&2; exit 2; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
modules=${2:-native,java-api,autograd,models}
checkout=$(cd "$(dirname "$0")/.." && pwd)
commit=$(git -C "$checkout" rev-parse HEAD)

# build NAME: a clone, and its jars
build() {
  rm -rf "${folder:?}/$1"
  git clone --quiet --no-hardlinks "file://$checkout" "$folder/$1"
  git -C "$folder/$1" checkout --quiet --detach "$commit"
  (cd "$folder/$1" && mvn -B -q -ntp -DskipTests -Dspotless.check.skip package -pl "$modules" -am)
}

build first
(umask 077 && TZ=Asia/Tokyo LC_ALL=C build second-with-a-longer-name)

compared=0 different=0
while IFS= read -r jar; do
  compared=$((compared + 1))
  other=$folder/second-with-a-longer-name/${jar#"$folder"/first/}
  if ! cmp -s "$jar" "$other"; then
    different=$((different + 1))
    printf 'differs: %s\n' "${jar#"$folder"/first/}"
    # entries by name, length and checksum
    diff <(unzip -lv "$jar" | awk '{print $1, $7, $8}') <(unzip -lv "$other" | awk '{print $1, $7, $8}') || true
  fi
done < <(find "$folder/first" -path '*/target/gramian-*.jar' | sort)
[ "$compared" -gt 0 ] || { echo "no jar was built" >&2; exit 1; }
printf '%s jars, %s different\n' "$compared" "$different"
[ "$different" -eq 0 ]
