#!/usr/bin/env bash
# Builds the last commit of this checkout twice, in folders of different length, with another umask, zone and language,
# and compares every jar, libraries, sources and Javadoc included, and every list of contents (SBOM) byte by byte.
#   usage: tests/reproducible.sh FOLDER [MODULES]   MODULES: as for mvn -pl; default all that are published
# FOLDER is made; the two checkouts stay in it. Takes as long as two builds.
set -euo pipefail

[ $# -ge 1 ] || { sed -n '2,5s/^# *//p' "$0" >&2; exit 2; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
modules=${2:-!tests,!benchmarks}
checkout=$(cd "$(dirname "$0")/.." && pwd)
commit=$(git -C "$checkout" rev-parse HEAD)

# build NAME: a clone, and its jars
build() {
  rm -rf "${folder:?}/$1"
  git clone --quiet --no-hardlinks "file://$checkout" "$folder/$1"
  git -C "$folder/$1" checkout --quiet --detach "$commit"
  (cd "$folder/$1" && mvn -B -q -ntp -Prelease -Denforcer.skip -DskipTests pre-integration-test -pl "$modules" -am)
}

# a jar's entries by mode and time, and by length and checksum
entries() {
  zipinfo "$1" | sed 1,2d
  unzip -lv "$1" | awk '{print $1, $7, $8}'
}

build first
(umask 077 && TZ=Asia/Tokyo LC_ALL=C build second-with-a-longer-name)

compared=0 different=0
while IFS= read -r file; do
  compared=$((compared + 1))
  other=$folder/second-with-a-longer-name/${file#"$folder"/first/}
  if ! cmp -s "$file" "$other"; then
    different=$((different + 1))
    printf 'differs: %s\n' "${file#"$folder"/first/}"
    [[ $file != *.jar ]] || diff <(entries "$file") <(entries "$other") || true
  fi
done < <(find "$folder/first" -path '*/target/gramian-*.jar' -o -path '*/target/bom.json' | sort)
[ "$compared" -gt 0 ] || { echo "no jar was built" >&2; exit 1; }
printf '%s files, %s different\n' "$compared" "$different"
[ "$different" -eq 0 ]
