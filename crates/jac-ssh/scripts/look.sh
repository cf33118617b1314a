# What a machine is and has, one `name=value` a line.
echo "system=$(uname -s)"
echo "home=$HOME"
for tool in setsid tar gzip grep sha256sum mkdir mv rm rmdir cat head wc df date sleep tail; do
  command -v "$tool" >/dev/null 2>&1 || echo "missing=$tool"
done
while read -r name value unit; do
  case $name in MemTotal:) echo "memory_kb=$value" ;; esac
done 2>/dev/null </proc/meminfo
# The second line of POSIX's format; the fourth field is what is free.
df -Pk -- "$HOME" 2>/dev/null | tail -n 1 | { read -r disk size used free rest; echo "free_kb=$free"; }
mkdir -p -m 700 -- "$HOME/.jac" 2>/dev/null && [ -w "$HOME/.jac" ] || echo "unwritable=$HOME/.jac"
# As Java does it, for both kinds of addresses; where no resolver answers that takes ten seconds, each time.
if command -v timeout >/dev/null 2>&1 && command -v getent >/dev/null 2>&1; then
  timeout 2 getent ahosts "$(uname -n)" >/dev/null 2>&1
  echo "name_lookup=$? $(uname -n)"
fi
command -v bash >/dev/null 2>&1 && echo "bash=yes"
for keeper in "$HOME"/.jac/*/*/*/keeper.pid; do
  read_identity "$keeper" && is_alive "$pid" "$start" && echo "node=${keeper%/keeper.pid}"
done
