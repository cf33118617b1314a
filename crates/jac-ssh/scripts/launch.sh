# Makes the node `$node` with the lease `$lease` (`SECONDS AFTER`), unless it is there; `$keeper` is the keeper's script.
umask 077
mkdir -p -- "$node" || exit 1
if read_identity "$node/keeper.pid" && is_alive "$pid" "$start"; then exit 0; fi
read -r now rest </proc/uptime
echo "$((${now%%.*} + ${lease%% *})) ${lease#* }" >"$node/lease" || exit 1
rm -f -- "$node/keeper.pid"
JAC_NODE=$node setsid /bin/sh -c "$keeper" jac-keeper "$node" </dev/null >/dev/null 2>&1 &
looks=0
while ! [ -e "$node/keeper.pid" ]; do
  looks=$((looks + 1))
  [ "$looks" -lt 200 ] || { echo "its keeper did not start" >&2; exit 1; }
  sleep 0.05
done
exit 0
