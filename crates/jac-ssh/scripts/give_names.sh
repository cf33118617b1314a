# Gives the keeper of the node `$node` the names `$names`, lines of an address and a name, and waits until it has taken them.
printf '%s\n' "$names" >"$node/hosts.new" && mv -f -- "$node/hosts.new" "$node/hosts" || exit 1
looks=0
while [ -e "$node/hosts" ]; do
  looks=$((looks + 1))
  [ "$looks" -lt 200 ] || { echo "its keeper does not take them" >&2; exit 1; }
  sleep 0.05
done
