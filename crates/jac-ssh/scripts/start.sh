# Starts the command in "$@" under the record `$record`, unless it was started before; `$supervisor` is its parent's script.
mkdir -p -- "$node/processes" || exit 1
# Making the folder is taking the name: of two that start the same name, one does.
if mkdir -- "$record" 2>/dev/null; then
  JAC_NODE=$node JAC_PROCESS=$record setsid /bin/sh -c "$supervisor" jac-process "$record" "$@" </dev/null >/dev/null 2>&1 &
fi
looks=0
while ! [ -e "$record/pid" ]; do
  looks=$((looks + 1))
  [ "$looks" -lt 600 ] || { echo "it did not say within 30 s that it is there" >&2; exit 1; }
  sleep 0.05
done
exit 0
