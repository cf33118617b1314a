# shellcheck shell=bash disable=SC2154
# What the scripts say: talk goes to standard error, so that it never mixes with results.

started=$SECONDS

# A step that begins, with the time since the start.
step() { printf '\n==> [%d:%02d] %s\n' $(((SECONDS - started) / 60)) $(((SECONDS - started) % 60)) "$*" >&2; }

say() { printf '    %s\n' "$*" >&2; }

# What a script is and takes: the comment at its head.
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$1"; }

# Ends the script with a sentence, and what to do about it on the lines after it. 2: something has to be done first.
refuse() {
  printf '\nerror: %s\n' "$1" >&2
  shift
  local line
  for line in "$@"; do printf '%s\n' "$line" >&2; done
  exit 2
}

# Runs a command that talks a lot: its words go to a file, and are shown only when it fails.
quietly() {
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 || status=$?
  if [ "$status" -ne 0 ]; then
    printf '    failed: %s\n' "$*" >&2
    tail -n 30 "$log" >&2
  fi
  rm -f "$log"
  return "$status"
}
