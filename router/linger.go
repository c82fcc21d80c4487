package router

import "time"

// linger is how long the lines of instances that have left Consul go on serving a host that has no others.
//
// When a release is promoted, Nomad takes the old dynos' services out of Consul and gives the new ones their route tags at the
// same moment, but each of its clients does its part in its own time: with the old dyno on one and its successor on another,
// the host has no route in between, for 100 ms or so. The old dyno still serves then, for the 2 s of drain_delay in
// templates/process/web.hcl. This is less, so that requests sent to it at the very end still have time to be answered.
const linger = 1500 * time.Millisecond

// lingering is what lingers, by host.
type lingering map[string]departed

// departed are lines whose instances left Consul and took their host's last route with them.
type departed struct {
	lines []Line
	until time.Time
}

// after gives what lingers of a host after a change: live are the lines that the host has now, left those that went because
// their instances did. Lines that ended otherwise, by a check that fails or a tag taken away, were meant to go. When the time
// is up, it is a change without either.
func (l lingering) after(host string, live, left []Line, now time.Time) []Line {
	if len(live) > 0 || len(left) == 0 {
		delete(l, host)
		return nil
	}
	l[host] = departed{lines: left, until: now.Add(linger)}
	return left
}

// over gives the hosts whose time is up.
func (l lingering) over(now time.Time) (hosts []string) {
	for host, d := range l {
		if !now.Before(d.until) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// next is when the first host's time is up; zero where nothing lingers.
func (l lingering) next() (at time.Time) {
	for _, d := range l {
		if at.IsZero() || d.until.Before(at) {
			at = d.until
		}
	}
	return at
}
