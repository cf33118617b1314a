#!/bin/sh
# The first boot of a machine of JAC, as root, near its end: the node's folder and its keeper, then what JMeter needs.
node='@FOLDER@'
mkdir -p /var/lib/jac
say() { echo "$1" >@PROGRESS@.new && mv -f @PROGRESS@.new @PROGRESS@; }

say 'Making the node.'
folder=/home/jac
rest=${node#/home/jac/}
while [ -n "$rest" ]; do
  folder=$folder/${rest%%/*}
  install -d -o jac -g jac -m 700 "$folder"
  case $rest in */*) rest=${rest#*/} ;; *) rest='' ;; esac
done
systemctl daemon-reload
systemctl enable jac-keeper.service
# Of an image that JAC made the keeper of another machine runs; it would end this one when its node's folder goes.
systemctl stop jac-keeper.service
for other in /home/jac/.jac/*/*/*/; do
  [ "$other" = "$node/" ] || case $other in /home/jac/.jac/jmeter/* | /home/jac/.jac/java/*) ;; *) rm -rf "$other" ;; esac
done
# The machine's name leads to its own address where no DNS answers, and not to a loopback one, which RMI would pass on.
own=$(ip -4 -o address show scope global 2>/dev/null | sed -n '1s/.* inet \([0-9.]*\).*/\1/p')
name=$(uname -n)
[ -z "$own" ] || printf '%s\n' "$own $name" "$own ${name%%.*}" >"$node/hosts"
systemctl start jac-keeper.service

# Without a clock that is set, samples of several machines do not fit together.
timedatectl set-ntp true 2>/dev/null || systemctl enable --now chrony 2>/dev/null || systemctl enable --now chronyd 2>/dev/null
sysctl -q -p /etc/sysctl.d/90-jac.conf 2>/dev/null

# An image that JAC made may have one that JAC brought.
if ! command -v java >/dev/null 2>&1 && ! ls /home/jac/.jac/java/*/bin/java >/dev/null 2>&1; then
  say 'Installing Java.'
  # In a subnet without internet it is soon given up: JAC then brings a copy of its own.
  if command -v apt-get >/dev/null 2>&1; then
    export DEBIAN_FRONTEND=noninteractive
    quick='-o Acquire::http::Timeout=10 -o Acquire::https::Timeout=10 -o Acquire::Retries=1'
    # `update` succeeds also when nothing could be fetched; the packages' names are then not known.
    timeout 90 apt-get -q $quick update && for version in 21 17; do
      timeout 240 apt-get -q $quick -y --no-install-recommends install openjdk-$version-jre-headless && break
    done
  elif command -v dnf >/dev/null 2>&1; then
    quick='--setopt=timeout=10 --setopt=retries=2'
    timeout 180 dnf -q $quick -y install java-21-amazon-corretto-headless ||
      timeout 180 dnf -q $quick -y install java-17-amazon-corretto-headless
  fi
fi
say '@DONE@'
