# Copies `$file` from `$user@$address`, which has to show the host key in `$known` and lets the private key `$key` in. Prints how many bytes
# have arrived each time that it is more, and before it fails `giver` where that is the other node's fault, `either` where it is not known whose.
# It is ended when fewer than `$least` bytes arrive within `$timeout` seconds.
is_whole() {
  found=$(sha256sum <"$1") && [ "${found%% *}" = "$sha256" ]
}

fail() {
  [ -z "$1" ] || echo "$1"
  echo "$2" >&2
  exit 1
}

# It came before the connection was lost.
[ ! -f "$file" ] || ! is_whole "$file" || exit 0
command -v ssh >/dev/null 2>&1 || fail '' 'it has no ssh'
umask 077
# When nobody listens any more it ends, and cleans up.
trap '' PIPE
# One that was given up may still continue.
mine=$file.$$
trap 'rm -f -- "$mine.key" "$mine.known" "$mine.part"' EXIT
{ printf '%s\n' "$key" >"$mine.key" && printf '%s\n' "$known" >"$mine.known" && : >"$mine.part"; } ||
  fail '' 'it cannot write'
ssh -q -T -F /dev/null -i "$mine.key" -p "$port" -o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes \
  -o StrictHostKeyChecking=yes -o UserKnownHostsFile="$mine.known" -o GlobalKnownHostsFile=/dev/null \
  -o ConnectTimeout=10 -o ServerAliveInterval=5 -o ServerAliveCountMax=3 "$user@$address" </dev/null >"$mine.part" &
ssh=$!
(
  printed=0 enough=$least left=$timeout
  while sleep 1 >/dev/null && [ "$left" -gt 0 ] && has=$(wc -c <"$mine.part"); do
    left=$((left - 1))
    if [ "$has" -ge "$enough" ]; then
      enough=$((has + least)) left=$timeout
    fi
    if [ "$has" -gt "$printed" ]; then
      printed=$has
      echo "$has" || break
    fi
  done
  kill -KILL "$ssh"
) 2>/dev/null &
watch=$!
# A shell may report here that it was killed.
wait "$ssh" 2>/dev/null
code=$?
kill "$watch" 2>/dev/null
case $code in
  0) ;;
  137) fail either 'it got on too slowly' ;;
  *)
    # ssh does not say that it could not write.
    dd if=/dev/zero bs=65536 count=1 >>"$mine.part" 2>/dev/null || fail '' 'No space left on device'
    fail giver 'it was not given'
    ;;
esac
# Whoever listens waits from here for the digest.
wc -c <"$mine.part"
is_whole "$mine.part" || fail giver 'what arrived is not what was sent'
mv -f -- "$mine.part" "$file" || fail '' 'it cannot be kept'
