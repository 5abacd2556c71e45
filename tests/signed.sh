#!/usr/bin/env bash
# Deploys modules into a folder as a release does, signed by a key that is made for this and thrown away. Verifies every
# signature, and that each artifact has its sources, its Javadoc and its list of contents (SBOM).
#   usage: tests/signed.sh FOLDER [MODULES]   MODULES: as for mvn -pl; default all that are published
# FOLDER is made anew and becomes the repository. The address of the project may be missing yet.
set -euo pipefail

[ $# -ge 1 ] || { sed -n '2,5s/^# *//p' "$0" >&2; exit 2; }
command -v gpg >/dev/null || { echo "gpg is missing. Run: sudo apt-get install -y gnupg" >&2; exit 1; }
rm -rf "$1"
mkdir -p "$1"
folder=$(cd "$1" && pwd)
modules=${2:-!tests,!benchmarks}
checkout=$(cd "$(dirname "$0")/.." && pwd)

# short: the agent's socket lies in it
GNUPGHOME=$(mktemp -d)
export GNUPGHOME MAVEN_GPG_PASSPHRASE=thrown-away
trap 'gpgconf --kill all || true; rm -rf "$GNUPGHOME"' EXIT
gpg --batch --quiet --pinentry-mode loopback --passphrase "$MAVEN_GPG_PASSPHRASE" \
  --quick-generate-key "Release rehearsal <nobody@localhost>" default default never

(cd "$checkout" && mvn -B -q -ntp -Prelease -Denforcer.skip -DskipTests deploy -pl "$modules" -am \
  "-DaltDeploymentRepository=look::file:${folder// /%20}")

artifacts=0
while IFS= read -r file; do
  artifacts=$((artifacts + 1))
  if ! gpg --batch --verify "$file.asc" "$file" 2>"$GNUPGHOME/said"; then
    cat "$GNUPGHOME/said" >&2
    echo "not signed: $file" >&2
    exit 1
  fi
  # beside a jar without classifier
  if [[ $file =~ -[0-9.]+\.jar$ ]]; then
    for kind in -sources.jar -javadoc.jar -cyclonedx.json .pom; do
      [ -s "${file%.jar}$kind" ] || { echo "${file##*/} has no $kind beside it" >&2; exit 1; }
    done
  fi
done < <(find "$folder" -name '*.jar' -o -name '*.pom' -o -name '*.json' | sort)
[ "$artifacts" -gt 0 ] || { echo "nothing was deployed" >&2; exit 1; }
echo "$artifacts files, each with a good signature"
