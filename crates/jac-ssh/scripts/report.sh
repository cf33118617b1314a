# Says once a second what becomes of a process, how long its log is, and now and then what the machine's counters are: until nobody listens or the
# node is gone. $1 is the node's folder, $2 the process's record, $3 the log, $4 the pause in seconds, $5 every how many reports the counters come.
# What is called for each report is `sleep`, and `wc` while there is a log: all else is the shell itself.
node=$1 record=$2 log=$3 pause=$4 every=$5

counters() {
  read -r line </proc/stat && echo "stat $line"
  while read -r line; do
    case $line in
      MemTotal:*) echo "meminfo $line" ;;
      MemAvailable:*) echo "meminfo $line"; break ;;
    esac
  done </proc/meminfo
  while read -r line; do
    case $line in *:*) echo "network $line" ;; esac
  done </proc/net/dev
  echo "disk $(stat -f -c '%a %S' "$node" 2>/dev/null)"
}

state() {
  if read -r code 2>/dev/null <"$record/exit_code"; then
    state="exited $code"
  elif ! read_identity "$record/pid"; then
    state='absent -'
  elif is_alive "$pid" "$start"; then
    state="running $pid"
  # It may have ended between the two looks.
  elif read -r code 2>/dev/null <"$record/exit_code"; then
    state="exited $code"
  else
    state='vanished -'
  fi
}

round=0
while [ -d "$node" ]; do
  [ $((round % every)) -ne 0 ] || counters
  round=$((round + 1))
  # The process first: of one that has ended, the length is the last.
  state
  size=-
  [ ! -f "$log" ] || size=$(wc -c <"$log")
  echo "report $state $size"
  sleep "$pause" || exit
done
