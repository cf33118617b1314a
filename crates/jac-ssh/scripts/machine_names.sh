# Where the machine is the node: what its user may not do itself, the keeper does with each look.
#
# The names of a cluster's machines lie in the node's folder as `hosts`. They are first taken out of its user's reach, then put
# into a block of /etc/hosts, at its top: the first line that has a name or an address counts. Taken are lines of an IPv4
# address and one name: one without dots, one that AWS gives, or the machine's own, so that no plan names a site again.
look_further() {
  [ -e "$node/hosts" ] || return 0
  given=/var/lib/jac/hosts
  mv -f -- "$node/hosts" "$given" || return 0
  names=''
  if [ -f "$given" ] && ! [ -L "$given" ]; then
    names=$(head -c 262144 -- "$given" | grep -E "^([0-9]{1,3}\.){3}[0-9]{1,3} ([A-Za-z0-9-]+|ip?-[A-Za-z0-9.-]+|$(uname -n))\$" |
      grep -viE '^(0|127|22[4-9]|2[3-5][0-9])\.| localhost')
  fi
  rm -rf -- "$given"
  [ -n "$names" ] || return 0
  begin='# The machines of the cluster (JAC)' end='# (JAC)'
  { echo "$begin"; echo "$names"; echo "$end"; sed "/^$begin\$/,/^$end\$/d" /etc/hosts; } >/etc/hosts.jac &&
    chmod 644 /etc/hosts.jac && mv -f /etc/hosts.jac /etc/hosts
}
