# What the scripts of a GPU pack share. Sourced, never run. The pack needs a driver, and, for what calls vendor
# libraries, those of CUDA 13; no JDK, no Maven, no network.
#   GRAMIAN_PACK_DIR   where the pack unpacks itself (default: unpacked/ beside the scripts, or a temporary folder)
#   GRAMIAN_PYTHON     the Python whose nvidia packages and PyTorch are used (default: python3)
#   GRAMIAN_JAVA_OPTS  more options of the Java machine
set -euo pipefail

pack=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
commit=$(cat "$pack/commit")
python=${GRAMIAN_PYTHON:-python3}

say() { printf '%s\n' "$*"; }
fail() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 2; }
have() { command -v "$1" >/dev/null 2>&1; }

usage() {
  sed -n '/^# usage/,/^[^#]/p' "$0" | sed -n 's/^# \{0,1\}//p'
  exit "${1:-0}"
}

# Where the unpacked files are or shall be.
choose_home() {
  home=${GRAMIAN_PACK_DIR:-$pack/unpacked}
  if ! mkdir -p "$home" 2>/dev/null || [ ! -w "$home" ]; then
    [ -z "${GRAMIAN_PACK_DIR:-}" ] || fail "cannot write to $GRAMIAN_PACK_DIR"
    home=${TMPDIR:-/tmp}/gramian-pack-$(id -u)
    mkdir -p "$home" || fail "cannot write to $pack or $home; set GRAMIAN_PACK_DIR to a folder for 300 MB"
  fi
}

# Once for each pack: the runtime with tar, the rest with the runtime.
unpack() {
  choose_home
  java=$home/runtime/bin/java
  if [ "$(cat "$home/id" 2>/dev/null || true)" = "$(cat "$pack/id")" ]; then return; fi
  say "unpacking to $home"
  rm -rf "${home:?}"/*
  mkdir -p "$home/runtime"
  if have xz; then
    xz -dc "$pack/runtime.tar.xz"
  elif have "$python"; then
    "$python" -c 'import lzma, shutil, sys
shutil.copyfileobj(lzma.open(sys.argv[1]), sys.stdout.buffer)' "$pack/runtime.tar.xz"
  else
    fail "needs xz or python3, to unpack the Java runtime"
  fi | tar -xf - -C "$home/runtime" || fail "cannot unpack $pack/runtime.tar.xz"
  "$java" -version >/dev/null 2>&1 || fail "the runtime in $home does not start ($("$java" -version 2>&1 | head -n 1));\
 if programs may not run there, set GRAMIAN_PACK_DIR to another folder"
  "$java" -Xmx512m -XX:+UseSerialGC -cp "$pack/unpack.jar" io.gramian.benchmarks.pack.Payload unpack \
    "$pack/payload.xz" "$home" || fail "cannot unpack $pack/payload.xz to $home"
  cp "$pack/id" "$home/id"
}

# Folders that may hold libraries of the driver or of CUDA, most wanted first.
library_folders() {
  local folder
  printf '%s\n' "${LD_LIBRARY_PATH:-}" | tr ':' '\n'
  for folder in "${CUDA_HOME:-}" "${CUDA_PATH:-}" /usr/local/cuda /usr/local/cuda-13*; do
    [ -z "$folder" ] || printf '%s\n' "$folder/lib64" "$folder/targets/x86_64-linux/lib"
  done
  # pip's packages: nvidia/cublas/lib, nvidia/cu13/lib, nvidia/cudnn/lib
  if have "$python"; then
    "$python" -c 'import glob, sys
for folder in sys.path:
    print("\n".join(sorted(glob.glob(folder + "/nvidia/*/lib"))))' 2>/dev/null || true
  fi
  for folder in "${VIRTUAL_ENV:-}" "${CONDA_PREFIX:-}"; do
    [ -z "$folder" ] || printf '%s\n' "$folder/lib" "$folder"/lib/python3*/site-packages/nvidia/*/lib
  done
  printf '%s\n' /usr/lib/x86_64-linux-gnu /usr/lib64 /usr/local/nvidia/lib64 /usr/local/nvidia/lib /usr/lib/wsl/lib
}

# Finds the libraries, puts their folders into LD_LIBRARY_PATH, and says what is missing and where it looked.
find_libraries() {
  local known folders library folder found missing=() chosen=()
  known=$(ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null || true)
  mapfile -t folders < <(library_folders | grep -v '^$' | awk '!seen[$0]++')
  for library in libcuda.so.1 libcudart.so.13 libcublas.so.13 libcublasLt.so.13 libcusolver.so.12 libcusparse.so.12 \
      libnvJitLink.so.13 libcudnn.so.9; do
    if grep -q "$library" <<<"$known"; then continue; fi # the loader finds it by itself
    found=
    for folder in "${folders[@]}"; do
      if [ -e "$folder/$library" ]; then found=$folder; break; fi
    done
    if [ -z "$found" ]; then
      missing+=("$library")
    else
      case " ${chosen[*]-} " in *" $found "*) ;; *) chosen+=("$found") ;; esac
    fi
  done
  if [ ${#chosen[@]} -gt 0 ]; then
    LD_LIBRARY_PATH=$(IFS=:; printf '%s' "${chosen[*]}")${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    export LD_LIBRARY_PATH
    say "CUDA libraries from $(printf '%s ' "${chosen[@]}")"
  fi
  if [ ${#missing[@]} -gt 0 ]; then
    say "not found: ${missing[*]}"
    say "  looked in the system's list (ldconfig) and in: ${folders[*]}"
    case " ${missing[*]} " in
      *' libcuda.so.1 '*) say "  libcuda.so.1 belongs to the NVIDIA driver: without it no GPU can be used" ;;
      *) say "  Gramian's own kernels need none of these; what calls them says so" ;;
    esac
  fi
}

# Name, driver, clocks, power limit and temperature of the first GPU, in one line.
gpu_facts() {
  local facts= fields
  if have nvidia-smi; then
    fields=name,driver_version,clocks.sm,clocks.max.sm,clocks.mem,clocks.max.mem,power.limit,temperature.gpu
    facts=$(nvidia-smi --query-gpu=$fields --format=csv,noheader -i 0 2>/dev/null | head -n 1 || true)
  fi
  printf '%s' "${facts:-unknown}"
}

# Runs a class of the pack; options of the Java machine that belong to one call stand in java_options.
java_options=()
run_java() {
  local flags
  flags=(-Xmx3g -XX:+UseSerialGC -XX:-UsePerfData -ea -Djava.awt.headless=true
    -Dorg.bytedeco.javacpp.nopointergc=true -Dorg.bytedeco.javacpp.maxphysicalbytes=0
    "-Dorg.bytedeco.javacpp.cachedir=$home/natives" "-Dgramian.root=$home" "-Dgramian.commit=$commit"
    "-Dgramian.gpu.facts=$(gpu_facts)")
  # shellcheck disable=SC2206 # several options may stand in one variable
  flags+=(${GRAMIAN_JAVA_OPTS:-} ${java_options[@]+"${java_options[@]}"})
  "$java" "${flags[@]}" -cp "$home/lib/*" "$@"
}

# Everything ready to run. Sets no_gpu: why no GPU can be used, empty if one can.
open_pack() {
  unpack
  find_libraries
  no_gpu=$(run_java io.gramian.pack.PackTests --why-no-gpu)
}
