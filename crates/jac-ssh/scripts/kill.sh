# Ends the process of `$record` and everything that it started: its group, and whatever carries the record in its
# environment, also what left the group. `$patience` is how many times it looks until nothing is left.
[ -d "$record" ] || exit 0
if read_identity "$record/pid" && is_alive "$pid" "$start"; then kill -s KILL -- "-$pid" 2>/dev/null; fi
kill_carriers "JAC_PROCESS=$record" "$patience" || { echo "it does not end:$found" >&2; exit 1; }
