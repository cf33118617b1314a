# The keeper of this machine, started by its service, once with every boot and again whenever it ends.
# A lease counts from the boot on: with a new boot it starts again. The timer of the first boot has done its duty then.
boot=$(cat /proc/sys/kernel/random/boot_id)
if [ "$(cat /var/lib/jac/boot 2>/dev/null)" != "$boot" ] || ! [ -e "$1/lease" ]; then
  read -r now rest </proc/uptime
  echo "$((${now%%.*} + @FIRST_LEASE@)) -" >"$1/lease.new" && mv -f "$1/lease.new" "$1/lease" && echo "$boot" >/var/lib/jac/boot
fi
systemctl stop jac-first-end.timer 2>/dev/null
