# Sets the lease of the node `$node` to `$lease` (`SECONDS AFTER`).
read -r now rest </proc/uptime
echo "$((${now%%.*} + ${lease%% *})) ${lease#* }" >"$node/lease.new" && mv -f -- "$node/lease.new" "$node/lease"
