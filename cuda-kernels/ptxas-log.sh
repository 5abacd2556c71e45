#!/bin/sh
# Runs the CUDA compiler and keeps what ptxas says about registers, spills and shared memory beside the object:
# OBJECT.ptxas. Everything else goes on to the terminal. Usage: ptxas-log.sh nvcc ... -o OBJECT ...
object=
before=
for argument in "$@"; do
  if [ "$before" = -o ]; then object=$argument; fi
  before=$argument
done
if [ -z "$object" ]; then exec "$@"; fi
"$@" 2>"$object.messages"
status=$?
report='^ptxas info|^ +[0-9]+ bytes stack frame'
grep -E "$report" "$object.messages" >"$object.ptxas"
grep -v -E "$report" "$object.messages" >&2
rm -f "$object.messages"
exit $status
