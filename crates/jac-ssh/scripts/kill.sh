# Ends the process of `$record` and everything that it started: its group, and whatever carries the record in its
# environment, also what left the group. `$checks` is how often it checks until nothing is left.
[ -d "$record" ] || exit 0
if read_identity "$record/pid" && is_alive "$pid" "$start"; then kill -s KILL -- "-$pid" 2>/dev/null; fi
kill_carriers "JAC_PROCESS=$record" "$checks" || { echo "it does not end:$found" >&2; exit 1; }
