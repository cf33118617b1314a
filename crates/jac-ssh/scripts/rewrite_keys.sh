# Rewrites who may sign in: without the lines that end with the word `$mark`, and with `$line` unless it is empty. Several at once, of
# whichever server, take turns by a lock on the folder; what fails leaves the file as it was.
rewrite_keys() (
  umask 077
  mkdir -p -- "$HOME/.ssh" || exit 1
  exec 9<"$HOME/.ssh" || exit 1
  flock -w 20 9 || { echo 'its authorized_keys cannot be locked' >&2; exit 1; }
  keys=$HOME/.ssh/authorized_keys new=$HOME/.ssh/authorized_keys.jac.$$
  # In this locale no byte makes it a binary file, of which grep prints no lines.
  export LC_ALL=C
  trap 'rm -f -- "$new"' EXIT
  : >"$new" || exit 1
  if [ -e "$keys" ]; then
    # 1: no line has it. There is nothing to take out.
    [ -n "$line" ] || grep -q " $mark\$" "$keys" || [ $? -ne 1 ] || exit 0
    grep -v " $mark\$" "$keys" >"$new"
    [ $? -le 1 ] || exit 1
    [ "$(grep -vc " $mark\$" "$keys")" -eq "$(grep -c '' "$new")" ] || exit 1
  elif [ -z "$line" ]; then
    exit 0
  fi
  [ -z "$line" ] || printf '%s\n' "$line" >>"$new" || exit 1
  mv -f -- "$new" "$keys"
)
