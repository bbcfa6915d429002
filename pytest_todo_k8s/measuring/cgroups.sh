#!/bin/sh
# Reads cgroups once a second and prints what `cgroups.parse` reads: cgroups.sh ROOT READINGS WHERE [ID...]
# ROOT is where the cgroup file systems are mounted. WHERE is `named` (on a node: folders below ROOT that carry the
# container's id) or `own` (in the container: ROOT itself). Nothing but a POSIX shell, `sleep` and, on a node, `find`.
command -v sleep >/dev/null || { echo "there is no sleep beside it"; exit 1; }
root=$1; ticks=$2; where=$3; shift 3
places() { if [ "$where" = own ]; then echo "$root" "$root"/*; else find "$root" -type d -name "*$1*" 2>/dev/null; fi; }
first() { found=; read -r found _ 2>/dev/null < "$1"; found=${found:--}; }
pick() {
  found=-
  while read -r key value _; do
    if [ "$key" = "$2" ]; then found=$value; return; fi
  done 2>/dev/null < "$1"
}
limits() {
  version=; memory=; cpu=; account=
  for folder in $(places "$1"); do
    if [ -e "$folder/memory.current" ]; then version=2; memory=$folder; cpu=$folder; account=$folder; break; fi
    if [ -e "$folder/memory.usage_in_bytes" ]; then version=1; memory=$folder; fi
    if [ -e "$folder/cpu.cfs_quota_us" ]; then cpu=$folder; fi
    if [ -e "$folder/cpuacct.usage" ]; then account=$folder; fi
  done
  if [ -z "$memory" ] || [ -z "$cpu" ] || [ -z "$account" ]; then echo "missing $1"; return 1; fi
  if [ "$version" = 2 ]; then
    quota=-; period=-; read -r quota period 2>/dev/null < "$cpu/cpu.max"; first "$memory/memory.max"
  else
    first "$cpu/cpu.cfs_quota_us"; quota=$found; first "$cpu/cpu.cfs_period_us"; period=$found
    first "$memory/memory.limit_in_bytes"
  fi
  echo "limits $1 $version $quota $period $found"
}
use() {
  if [ "$2" = 2 ]; then
    pick "$4/cpu.stat" usage_usec; used=$found; first "$3/memory.current"; bytes=$found
    pick "$3/memory.stat" inactive_file
  else
    first "$5/cpuacct.usage"; used=$found; first "$3/memory.usage_in_bytes"; bytes=$found
    pick "$3/memory.stat" total_inactive_file
  fi
  inactive=$found; pick "$4/cpu.stat" nr_periods; periods=$found; pick "$4/cpu.stat" nr_throttled; throttled=$found
  first /proc/uptime
  echo "use $1 $found $used $bytes $inactive $periods $throttled"
}
for id; do
  shift
  if limits "$id"; then set -- "$@" "$id $version $memory $cpu $account"; fi
done
while [ "$ticks" -gt 0 ]; do
  # shellcheck disable=SC2086  # each is a list of words: id, version and three folders
  for one; do use $one; done
  ticks=$((ticks - 1)); if [ "$ticks" -gt 0 ]; then sleep 1; fi
done
