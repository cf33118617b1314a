# Where the machine stays, nothing of it is changed.
look_further() { :; }

# Everything that runs on the node ends, and its folder is removed.
end_node() {
  kill_carriers "JAC_NODE=$node" 200
  rm -rf -- "$node"
  # The folders above go with their last node.
  rmdir -- "${node%/*}" 2>/dev/null && rmdir -- "${node%/*/*}" 2>/dev/null
  exit 0
}
