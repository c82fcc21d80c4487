package local

import (
	"os"
	"syscall"
	"time"
)

// runner runs dynos until the first of them exits or somebody interrupts, and then ends all of them.
type runner struct {
	dir     string
	environ []string // under each dyno's own
	dynos   []dyno
	say     *printer

	sessions []*session
	exits    chan exit
}

// ending is how it went: the exit code of the dyno that exited first, or that of an interrupt; or why it could not begin.
type ending struct {
	code int
	err  error
}

const (
	pulse  = 20 * time.Millisecond // how often we look who is still there
	giveUp = 10 * time.Second      // beyond its time, what does not even end when it is killed is left alone
)

// run starts the dynos and returns when the last of their processes has ended.
func (r *runner) run(interrupts <-chan os.Signal) ending {
	r.exits = make(chan exit, len(r.dynos))
	for i := range r.dynos {
		d := &r.dynos[i]
		r.say.remark(d, "Starting process with command `%s` on port %d", d.Text, d.Port)
		s, err := begin(d, r.dir, r.environ, r.say.line, r.exits)
		if err != nil {
			r.stop(interrupts, false)
			return ending{err: err}
		}
		r.sessions = append(r.sessions, s)
	}
	select {
	case e := <-r.exits:
		r.gone(e)
		r.stop(interrupts, false)
		return ending{code: e.status}
	case sig := <-interrupts:
		r.stop(interrupts, sig == syscall.SIGQUIT)
		return ending{code: signalled(sig.(syscall.Signal))}
	}
}

// gone takes note of a dyno's exit.
func (r *runner) gone(e exit) {
	e.session.exited = true
	r.say.remark(e.session.dyno, "Process exited with status %d", e.status)
}

// stop tells every process to end and waits for that. What takes too long is killed, and so is all that is left when
// somebody interrupts again.
func (r *runner) stop(interrupts <-chan os.Signal, now bool) {
	left := r.left()
	for s, pids := range left {
		if !now {
			r.say.remark(s.dyno, "Stopping process with %s", signalName(s.dyno.Signal))
			s.send(s.dyno.Signal, pids)
		}
	}
	tick := time.NewTicker(pulse)
	defer tick.Stop()
	for began := time.Now(); len(left) > 0; left = r.left() {
		select {
		case e := <-r.exits:
			r.gone(e)
			continue
		case sig := <-interrupts:
			now = now || sig != syscall.SIGPIPE // which comes with every line that nobody reads
		case <-tick.C:
		}
		for s, pids := range left {
			late := time.Since(began) - s.dyno.Timeout
			if now || late >= 0 {
				r.kill(s, pids)
			}
			if late >= giveUp {
				r.say.remark(s.dyno, "Process cannot be killed and is left behind")
				s.exited, s.pid = true, 0
			}
		}
	}
	for _, s := range r.sessions {
		s.close()
	}
}

// left are the sessions that have not ended, with the processes that are left in them.
func (r *runner) left() map[*session][]int {
	var ids []int
	for _, s := range r.sessions {
		if s.pid != 0 {
			ids = append(ids, s.pid)
		}
	}
	living := members(ids)
	left := map[*session][]int{}
	for _, s := range r.sessions {
		if pids := living[s.pid]; len(pids) > 0 || !s.exited {
			left[s] = pids
		}
	}
	return left
}

// kill kills a session, as often as it is called: what was being started meanwhile is met by the next.
func (r *runner) kill(s *session, pids []int) {
	if !s.killed {
		s.killed = true
		r.say.remark(s.dyno, "Stopping process with SIGKILL")
	}
	s.send(syscall.SIGKILL, pids)
}
