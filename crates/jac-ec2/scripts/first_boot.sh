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
systemctl start jac-keeper.service

# Without a clock that is set, samples of several machines do not fit together.
timedatectl set-ntp true 2>/dev/null || systemctl enable --now chrony 2>/dev/null || systemctl enable --now chronyd 2>/dev/null
sysctl -q -p /etc/sysctl.d/90-jac.conf 2>/dev/null

if ! command -v java >/dev/null 2>&1; then
  say 'Installing Java.'
  # A subnet without internet: JAC brings a Java later.
  if command -v apt-get >/dev/null 2>&1; then
    export DEBIAN_FRONTEND=noninteractive
    timeout 120 apt-get -q update && for version in 21 17; do
      timeout 240 apt-get -q -y --no-install-recommends install openjdk-$version-jre-headless && break
    done
  elif command -v dnf >/dev/null 2>&1; then
    timeout 240 dnf -q -y install java-21-amazon-corretto-headless || timeout 240 dnf -q -y install java-17-amazon-corretto-headless
  fi
fi
say '@DONE@'
