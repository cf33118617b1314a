# shellcheck shell=bash disable=SC2154
# Output of the scripts: messages go to standard error, so they never mix with results.

started=$SECONDS

# Announces a step, with the time since the start.
step() { printf '\n==> [%d:%02d] %s\n' $(((SECONDS - started) / 60)) $(((SECONDS - started) % 60)) "$*" >&2; }

say() { printf '    %s\n' "$*" >&2; }

# The script's help: the comment at its head.
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$1"; }

# Ends the script with a sentence; the following lines say what to do about it. Exit code 2: a requirement is missing.
refuse() {
  printf '\nerror: %s\n' "$1" >&2
  shift
  local line
  for line in "$@"; do printf '%s\n' "$line" >&2; done
  exit 2
}

# Runs a command with much output: it goes to a file, and is shown only if the command fails.
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
