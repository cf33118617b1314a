# Functions over /proc, shared by the scripts. Only the shell itself, grep (or tr and grep), sleep and rm are used.

# Whether the process $1 is the one that began at $2 (clock ticks after the boot), and runs: not what is left of one.
is_alive() {
  [ -n "$1" ] && read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
  # The second field is the program's name in parentheses and may hold anything.
  rest=${stat##*) }
  set -f; set -- "$2" $rest; set +f
  case $2 in Z | X) return 1 ;; esac
  [ "${21}" = "$1" ]
}

# Sets pid and start to what the file $1 says.
read_identity() {
  pid='' start=''
  read -r pid start 2>/dev/null <"$1"
  [ -n "$start" ]
}

# Sets `found` to the numbers of the processes with $1 (NAME=value) in their environment, apart from this shell. No file
# is written: a full disk must not keep anything alive. What is called here must not have $1 in its own environment, and
# `exec` leaves no second shell that might.
find_carriers() {
  found=''
  if printf 'a\0b\0' | grep -qzxF b 2>/dev/null; then
    for environ in $(exec grep -lszxF -e "$1" /proc/[0-9]*/environ 2>/dev/null); do
      environ=${environ#/proc/}
      [ "${environ%%/*}" = $$ ] || found="$found ${environ%%/*}"
    done
  else
    for environ in /proc/[0-9]*/environ; do
      tr '\0' '\n' 2>/dev/null <"$environ" | grep -qxF -e "$1" || continue
      environ=${environ#/proc/}
      [ "${environ%%/*}" = $$ ] || found="$found ${environ%%/*}"
    done
  fi
}

# Ends all that carry $1, until none is left or it has looked $2 times, 20 times a second.
kill_carriers() {
  looks=0
  while find_carriers "$1"; [ -n "$found" ]; do
    [ "$looks" -lt "$2" ] || return 1
    looks=$((looks + 1))
    kill -s KILL $found 2>/dev/null
    sleep 0.05
  done
}
