#!/bin/sh
# A worker in plain shell: something done every few seconds, and a clean end when the platform says TERM.
trap 'echo "told to stop"; exit 0' TERM

echo "$DYNO starts"
n=0
while true; do
	n=$((n + 1))
	echo "job=$n free_memory=$(awk '/MemAvailable/ { print int($2 / 1024) "MB" }' /proc/meminfo 2>/dev/null)"
	# The shell hears TERM only between two commands, so it waits for a sleep in the background.
	sleep 3 &
	wait $!
done
