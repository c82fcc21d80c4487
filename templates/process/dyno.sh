# Every dyno starts here: /bin/sh dyno.sh SIGNAL [FOLDER [TIMEOUT GRACE]]. SIGNAL is what it will be told to end with, FOLDER
# where its slug was unpacked (none: an image's dyno stays where the image starts it). After TIMEOUT seconds it is told to end,
# and GRACE seconds later ended. Lines that begin with # do not reach the job.
#
# Its name, as people say it: Nomad counts from 0. One that there is only one of has been given its name.
[ "$DYNO" ] || DYNO="$NOMAD_GROUP_NAME.$((NOMAD_ALLOC_INDEX + 1))"
export DYNO
signal=$1
# Its home and its folder are where the slug was unpacked, as on Heroku.
if [ "$2" ]; then
	export HOME="$NOMAD_TASK_DIR/$2"
	mkdir -p "$HOME" && cd "$HOME" || exit
fi
# A pipe that carries nothing: this shell reads end 7, every process of the dyno inherits end 9. Once all of them have ended
# there is nothing more to read.
alive="$NOMAD_TASK_DIR/alive"
rm -f "$alive"
mkfifo "$alive" && exec 8<>"$alive" 7<"$alive" 9>"$alive" 8>&- && rm "$alive" || exit
# This shell stays, as init does. As process 1 the kernel shields it from every signal that it has no handler for: a program
# in its place that handles no SIGTERM would only end by being killed, 30 seconds later. As on Heroku the signal goes to every
# process of the dyno, also when the command is a script or a pipe.
stop() {
	stopping=1
	trap '' "$signal"
	kill -s "$signal" 0
}
trap stop "$signal"
# Its time is up: told the same way, and the second time it is over. Whatever still runs is killed with this shell.
late() {
	[ "$late" ] && exit 124
	late=1
	stop
}
if [ "$3" ]; then
	trap late ALRM
	(
		trap '' "$signal"
		sleep "$3"
		kill -s ALRM $$
		sleep "$4"
		kill -s ALRM $$
	) 7<&- 9>&- </dev/null >/dev/null 2>&1 &
fi
/bin/sh -c "$(cat "$NOMAD_TASK_DIR/command")" 7<&- &
exec 9>&-
wait $!
status=$?
# The signal has ended this wait and not yet the command. A shell in it ends at once; what it has started may take its time.
if [ "$stopping" ]; then
	wait $!
	status=$?
	cat <&7 &
	wait $!
fi
[ "$late" ] && exit 124
exit $status
