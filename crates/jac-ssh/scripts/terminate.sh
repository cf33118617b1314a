# Ends everything on the node `$node` and removes it; what is ours alone above it goes with its last node.
[ -d "$node" ] || exit 0
kill_carriers "JAC_NODE=$node" 400 || { echo "processes of it do not end:$found" >&2; exit 1; }
rm -rf -- "$node" || exit 1
rmdir -- "${node%/*}" 2>/dev/null && rmdir -- "${node%/*/*}" 2>/dev/null
exit 0
