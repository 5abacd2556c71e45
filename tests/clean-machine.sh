#!/usr/bin/env bash
# Runs a command of a fresh clone in a root that debootstrap made: Debian 12 with git, and nothing else.
#   usage, as root: tests/clean-machine.sh ROOT COMMAND ...   e.g. tests/clean-machine.sh /var/tmp/clean ./gramian test
# ROOT is made when it is not there, and kept; the clone in it is made anew from this checkout's last commit.
# Name lookup, certificates and apt's settings are those of this machine. SUITE chooses another release of Debian; with
# MIRROR, the address of a package archive, also one of Ubuntu.
# OFFLINE=1 takes the clone that is there, and runs the command without a network.
set -euo pipefail

[ $# -ge 2 ] || { sed -n '2,8s/^# *//p' "$0" >&2; exit 2; }
clean=$1
shift
checkout=$(cd "$(dirname "$0")/.." && pwd)

if [ ! -e "$clean/etc/debian_version" ]; then
  suite=${SUITE:-bookworm}
  made=(--variant=minbase --include=git,ca-certificates)
  if [ -z "${MIRROR:-}" ]; then
    debootstrap "${made[@]}" "$suite" "$clean"
    cp -r /etc/apt/sources.list* "$clean/etc/apt/"
  else
    # every release of Ubuntu is made by the same script, which debootstrap may not know by a new release's name
    debootstrap "${made[@]}" --components=main,universe "$suite" "$clean" "$MIRROR" jammy
    printf 'deb %s %s main universe\n' "$MIRROR" "$suite" "$MIRROR" "$suite-updates" >"$clean/etc/apt/sources.list"
  fi
  cp -r /etc/apt/apt.conf.d "$clean/etc/apt/"
  cp -r /usr/local/share/ca-certificates "$clean/usr/local/share/"
  chroot "$clean" update-ca-certificates
  find "$clean/var/lib/apt/lists" "$clean/var/cache/apt" -type f -delete
fi
cp /etc/resolv.conf /etc/hosts "$clean/etc/"
if [ -z "${OFFLINE:-}" ]; then
  rm -rf "$clean/root/gramian"
  git clone --quiet --no-hardlinks "file://$checkout" "$clean/root/gramian"
  network=()
else
  # a network of its own, with nothing but the loopback
  network=(unshare -n bash -c 'ip link set lo up && exec "$@"' bash)
fi

mounted=()
release() { for folder in ${mounted[@]+"${mounted[@]}"}; do umount -l "$clean/$folder"; done; }
trap release EXIT
for folder in proc sys dev; do
  mount --rbind "/$folder" "$clean/$folder"
  mounted+=("$folder")
done

path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
${network[@]+"${network[@]}"} chroot "$clean" env -i HOME=/root TERM="${TERM:-dumb}" LANG=C.UTF-8 PATH="$path" \
  bash -c 'cd ~/gramian && exec "$@"' bash "$@"
