# shellcheck shell=bash
# Shared by condor-up, condor-down, slurm-up and slurm-down; sourced, not run.
#
# All that runs lies under one folder, BATCH_DIR, of the caller's choice:
#   condor/  the HTCondor pool: configuration, logs, queue, bin/
#   slurm/   the Slurm cluster: configuration, logs, state

BATCH_DIR=$(realpath -m -- "${BATCH_DIR:-${TMPDIR:-/tmp}/batch-$(id -u)}")
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
me=${0##*/}

say() { printf '%s: %s\n' "$me" "$*" >&2; }
die() { say "error: $*"; exit 1; }

need() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || die "'$tool' is not on PATH"
  done
}

# Unix socket paths end at 107 characters, and both systems put sockets here.
check_dir() {
  [ ${#BATCH_DIR} -le 70 ] || die "BATCH_DIR is too long for Unix sockets (70 characters at most): $BATCH_DIR"
  case $BATCH_DIR in *[[:space:]]*) die "BATCH_DIR must not contain white space: $BATCH_DIR" ;; esac
  mkdir -p "$BATCH_DIR" || die "cannot make the folder $BATCH_DIR"
}

# One up or down at a time per system; waits up to two minutes for another.
# Daemons must be started with 8>&- so that they do not hold the lock. An up
# that holds it calls its down with BATCH_LOCKED=1.
lock() {
  [ "${BATCH_LOCKED:-0}" != 1 ] || return 0
  exec 8>"$BATCH_DIR/$1.lock"
  flock -w 120 8 || die "another $1-up or $1-down has held $BATCH_DIR/$1.lock for two minutes"
}

# alive PID NAME: is PID a live process (not a zombie) running NAME?
alive() {
  local pid=${1:-} state
  [ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ] || return 1
  state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$pid/status" 2>/dev/null)
  [ -n "$state" ] && [ "$state" != Z ]
}

# wait_until SECONDS COMMAND...: poll COMMAND until it succeeds.
wait_until() {
  local deadline=$((SECONDS + $1)); shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.05
  done
}

# pids_with_env REGEX...: processes with, for each REGEX, a whole environment
# entry that matches it. Never lists this script or what started it.
pids_with_env() {
  local env regex pid
  for env in /proc/[0-9]*/environ; do
    pid=${env#/proc/}; pid=${pid%/environ}
    [ "$pid" != $$ ] && [ "$pid" != $PPID ] || continue
    for regex in "$@"; do
      tr '\0' '\n' <"$env" 2>/dev/null | grep -qxE -e "$regex" || continue 2
    done
    echo "$pid"
  done 2>/dev/null
}

# kill_all PIDS...: SIGKILL, for what is left after an orderly stop.
kill_all() {
  [ $# -eq 0 ] || { say "killing what is left: $*"; kill -KILL "$@" 2>/dev/null || true; }
}
