# The keeper of a node: it is the node. It ends the node (`end_node`, which stands before this, as `look_further` does) if and only if the lease is
# over, cannot be read, or the folder is gone. $1 is the node's folder.
#
# The lease is `UNTIL AFTER`: UNTIL in seconds of /proc/uptime, which no clock that is set can move; AFTER is how many
# seconds are left once what ran has ended, or `-`.
node=$1
unset JAC_NODE
cd /
trap '' HUP INT TERM
read -r stat </proc/$$/stat; rest=${stat##*) }; set -f; set -- "$node" $rest; set +f
echo "$$ ${21}" >"$node/keeper.pid.new" && mv "$node/keeper.pid.new" "$node/keeper.pid"

# Processes were started on the node, and none of them runs now.
all_ended() {
  any=''
  for record in "$node"/processes/*/; do
    [ -d "$record" ] || continue
    any=yes
    [ -e "${record}exit_code" ] && continue
    # One that has just been started has not written its number yet.
    read_identity "${record}pid" || return 1
    is_alive "$pid" "$start" && return 1
  done
  [ -n "$any" ]
}

while [ -d "$node" ]; do
  read -r until after 2>/dev/null <"$node/lease" || break
  case $until in '' | *[!0-9]*) break ;; esac
  read -r now rest </proc/uptime
  now=${now%%.*}
  [ "$now" -lt "$until" ] || break
  # Once what ran has ended, the lease that was made long for it becomes short again.
  if [ "$after" != - ] && [ $((now + after)) -lt "$until" ] && all_ended; then
    echo "$((now + after)) -" >"$node/lease.new" && mv -f "$node/lease.new" "$node/lease"
  fi
  look_further
  sleep 1
done

end_node
