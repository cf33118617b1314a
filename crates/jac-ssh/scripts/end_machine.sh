# Where the machine is the node: it powers itself off, which terminates it.
end_node() {
  while :; do
    systemctl poweroff 2>/dev/null || poweroff -f
    sleep 30
  done
}
