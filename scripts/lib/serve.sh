# shellcheck shell=bash disable=SC2154
# Starts servers, waits until they print their address, and stops them by their process IDs.

served=()

# `serve NAME LOG COMMAND…` starts it in a separate session, so that Ctrl-C reaches only the script; sets `url` to
# its address, or returns 1; its output is in the log.
serve() {
  local name=$1 log=$2 pid waited
  shift 2
  url=""
  mkdir -p "$(dirname "$log")"
  : >"$log"
  setsid "$@" </dev/null >"$log" 2>&1 &
  pid=$!
  for ((waited = 0; waited < 300; waited++)); do
    url=$(sed -n 's/.* listens on \(http:[^ ]*\).*/\1/p' "$log" | head -n 1)
    if [ -n "$url" ]; then
      served+=("$pid")
      return 0
    fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  say "$name did not start:"
  sed 's/^/    /' "$log" >&2
  return 1
}

# Stops what `serve` started, in reverse order, and waits until it has ended.
stop_served() {
  local index
  for ((index = ${#served[@]} - 1; index >= 0; index--)); do
    kill -TERM "${served[index]}" 2>/dev/null || true
    wait "${served[index]}" 2>/dev/null || true
  done
  served=()
}

# Whether something listens on host:port.
listens() { (exec 3<>"/dev/tcp/${1%:*}/${1##*:}") 2>/dev/null; }

# Calls the server of a data folder: `api FOLDER METHOD PATH`. The token is passed on standard input, because everybody can
# read command lines.
api() {
  local file=$1/server.json token base
  token=$(sed -n 's/.*"token":"\([^"]*\)".*/\1/p' "$file")
  base=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' "$file")
  curl --fail --silent --max-time 10 --request "$2" --header @- "$base/api/v1$3" <<<"Authorization: Bearer $token"
}

# The IDs in an answer that begin with this letter: `ids c` for clusters, `ids r` for runs.
ids() { grep -o "\"id\":\"$1-[^\"]*\"" | cut -d '"' -f 4 || true; }
