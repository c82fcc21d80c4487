package translator

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
)

// schedule is https://developer.hashicorp.com/nomad/docs/job-specification/periodic: when a cron runs. Of what is no cron it is
// nil.
func schedule(p *process) *api.PeriodicConfig {
	if p.kind != due {
		return nil
	}
	out := &api.PeriodicConfig{
		Enabled:         new(true),
		SpecType:        new(api.PeriodicSpecCron),
		Specs:           p.Periodic.Specs,
		ProhibitOverlap: new(!p.Periodic.Overlap),
	}
	if p.Periodic.Zone != "" {
		out.TimeZone = new(p.Periodic.Zone)
	}
	return out
}

// zones are the names of the IANA time zone database, one a line: what a machine has of it may not change a job.
//
//go:embed zones.txt
var zones string

func (r *resolver) schedule(s dynomad.Settings) periodic {
	out := periodic{Specs: s.Schedule, Zone: value(s.TimeZone), Overlap: value(s.Overlap)}
	if len(s.Schedule) == 0 {
		r.fail(`say schedule = ["0 3 * * *"]`, "has an empty schedule, so that it would never run", "schedule")
	}
	for i, spec := range s.Schedule {
		// Nomad's own reader of such lines, at a moment that plays no part in whether they can be read.
		reader := &api.PeriodicConfig{SpecType: new(api.PeriodicSpecCron), Spec: new(spec)}
		if _, err := reader.Next(time.Unix(0, 0).UTC()); err != nil || strings.TrimSpace(spec) == "" {
			r.fail(`write it as crontab does: "MINUTE HOUR DAY MONTH WEEKDAY", such as "0 3 * * *", or "@daily"`,
				fmt.Sprintf("has the schedule %q, which cannot be read", spec), "schedule", strconv.Itoa(i))
		}
	}
	if s.TimeZone != nil && !slices.Contains(strings.Fields(zones), out.Zone) {
		r.fail(`write it as "Europe/Berlin" or "UTC"`, fmt.Sprintf("has the time_zone %q, which there is not", out.Zone), "time_zone")
	}
	return out
}
