# Where the machine stays: everything that runs on the node ends, and its folder is removed.
end_node() {
  kill_carriers "JAC_NODE=$node" 200
  rm -rf -- "$node"
  # The folders above go with their last node.
  rmdir -- "${node%/*}" 2>/dev/null && rmdir -- "${node%/*/*}" 2>/dev/null
  exit 0
}
