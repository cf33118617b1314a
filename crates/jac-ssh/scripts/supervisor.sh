# The parent of a detached process: writes down its own number with its start time, waits, and writes down the exit code.
# $1 is the record's folder, the rest the command. What is written is renamed into place, so that it is never read half.
record=$1; shift
read -r stat </proc/$$/stat; rest=${stat##*) }; set -f; set -- "$record" $rest -- "$@"
start=${21}; while [ "$1" != -- ]; do shift; done; shift; set +f
echo "$$ $start" >"$record/pid.new" && mv "$record/pid.new" "$record/pid"
"$@" </dev/null >"$record/out" 2>&1
code=$?
echo "$code" >"$record/exit_code.new" && mv "$record/exit_code.new" "$record/exit_code"
