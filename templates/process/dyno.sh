# Every dyno starts here: /bin/sh local/dyno.sh SIGNAL, with what SIGNAL it will be told to end. Lines that begin with #
# do not reach the job.
#
# Its name, as people say it: Nomad counts from 0. Its home and its folder are where the slug was unpacked, as on Heroku.
export DYNO="$NOMAD_GROUP_NAME.$((NOMAD_ALLOC_INDEX + 1))" HOME="$NOMAD_TASK_DIR/app"
mkdir -p "$HOME" && cd "$HOME" || exit
# A pipe that carries nothing: this shell reads end 7, every process of the dyno inherits end 9. Once all of them have ended
# there is nothing more to read.
rm -f ../alive
mkfifo ../alive && exec 8<>../alive 7<../alive 9>../alive 8>&- && rm ../alive || exit
# This shell stays, as init does. Under the exec driver it is process 1, which the kernel shields from every signal that it
# has no handler for: a program in its place that handles no SIGTERM would only end by being killed, 30 seconds later. As
# on Heroku the signal goes to every process of the dyno, also when the command is a script or a pipe.
trap 'stopping=1; trap "" '"$1"'; kill -s '"$1"' 0' "$1"
/bin/sh -c "$(cat ../command)" 7<&- &
exec 9>&-
wait $!
status=$?
# The signal has ended this wait and not yet the command. A shell in it ends at once; what it has started may take its time.
if [ "$stopping" ]; then
	wait $!
	status=$?
	while read -r _; do :; done <&7
fi
exit $status
