package adopt

import (
	"slices"
	"time"

	"github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

// guesses are the settings that a group may be said with, one after the other.
func (a *adoption) guesses(group *api.TaskGroup, main *api.Task) []func(*dynomad.Settings) {
	out := []func(*dynomad.Settings){}
	out = append(out, a.services(group, main)...)
	out = append(out, sizes(main.Resources)...)
	out = append(out, lives(group, main)...)
	return append(out, a.places(group, main)...)
}

func sizes(r *api.Resources) []func(*dynomad.Settings) {
	return []func(*dynomad.Settings){
		func(s *dynomad.Settings) { s.CPU = r.CPU },
		func(s *dynomad.Settings) {
			if r.Cores != nil && *r.Cores > 0 {
				s.CPU, s.Cores = nil, r.Cores
			}
		},
		func(s *dynomad.Settings) { s.Memory = r.MemoryMB },
		func(s *dynomad.Settings) {
			if r.MemoryMaxMB != nil && *r.MemoryMaxMB > 0 {
				s.MemoryMax = r.MemoryMaxMB
			}
		},
	}
}

func lives(group *api.TaskGroup, main *api.Task) []func(*dynomad.Settings) {
	out := []func(*dynomad.Settings){
		func(s *dynomad.Settings) { s.KillTimeout = main.KillTimeout },
		func(s *dynomad.Settings) { s.KillSignal = &main.KillSignal },
		func(s *dynomad.Settings) {
			s.DrainDelay = group.ShutdownDelay
			if s.DrainDelay == nil {
				s.DrainDelay = new(time.Duration(0))
			}
		},
		func(s *dynomad.Settings) { s.Surge = new(false) },
		func(s *dynomad.Settings) { s.Surge = new(true) },
	}
	if u := group.Update; u != nil {
		out = append(out, func(s *dynomad.Settings) {
			s.Update = &dynomad.Update{MinHealthyTime: u.MinHealthyTime, HealthyDeadline: u.HealthyDeadline, ProgressDeadline: u.ProgressDeadline}
		})
	}
	if r := group.RestartPolicy; r != nil {
		out = append(out, func(s *dynomad.Settings) {
			s.Restart = &dynomad.Restart{Attempts: r.Attempts, Delay: r.Delay, Interval: r.Interval}
		})
	}
	if r := group.ReschedulePolicy; r != nil {
		out = append(out, func(s *dynomad.Settings) {
			s.Reschedule = &dynomad.Reschedule{Delay: r.Delay, MaxDelay: r.MaxDelay}
		})
	}
	if d := group.Disconnect; d != nil && d.LostAfter != nil {
		out = append(out, func(s *dynomad.Settings) { s.Disconnect = &dynomad.Disconnect{LostAfter: d.LostAfter} })
	}
	return out
}

func (a *adoption) places(group *api.TaskGroup, main *api.Task) []func(*dynomad.Settings) {
	return []func(*dynomad.Settings){
		func(s *dynomad.Settings) {
			for _, c := range group.Constraints {
				s.Constraints = append(s.Constraints, dynomad.Constraint{Attribute: text(c.LTarget), Operator: text(c.Operand), Value: text(c.RTarget)})
			}
		},
		func(s *dynomad.Settings) {
			for _, f := range group.Affinities {
				s.Affinities = append(s.Affinities, dynomad.Affinity{
					Attribute: text(f.LTarget), Operator: text(f.Operand), Value: text(f.RTarget), Weight: number(f.Weight),
				})
			}
		},
		func(s *dynomad.Settings) {
			s.Spreads = []dynomad.Spread{} // those of the template are not wanted, unless they are
			for _, spread := range group.Spreads {
				said := dynomad.Spread{Attribute: text(spread.Attribute), Weight: number(spread.Weight)}
				for _, target := range spread.SpreadTarget {
					said.Targets = append(said.Targets, dynomad.SpreadTarget{Value: target.Value, Percent: new(int(target.Percent))})
				}
				s.Spreads = append(s.Spreads, said)
			}
		},
		func(s *dynomad.Settings) { s.Volumes = a.volumes(group, main) },
	}
}

// volumes are those of a group that its main task mounts once, but for the system's own.
func (a *adoption) volumes(group *api.TaskGroup, main *api.Task) []dynomad.Volume {
	var out []dynomad.Volume
	for _, mount := range main.VolumeMounts {
		if mount.Volume == nil {
			continue
		}
		v := group.Volumes[*mount.Volume]
		if v == nil || slices.Contains(a.target.Exec.Volumes, v.Name) {
			continue
		}
		said := dynomad.Volume{
			Name: v.Name, Type: text(v.Type), Source: text(v.Source), Destination: mount.Destination,
			AccessMode: text(v.AccessMode), AttachmentMode: text(v.AttachmentMode),
		}
		if v.Source == v.Name {
			said.Source = nil
		}
		if v.ReadOnly {
			said.ReadOnly = new(true)
		}
		if v.PerAlloc {
			said.PerAlloc = new(true)
		}
		out = append(out, said)
	}
	return out
}

// services are the ways to say that a process listens: for each of the group's services that it is the process's own.
func (a *adoption) services(group *api.TaskGroup, main *api.Task) []func(*dynomad.Settings) {
	var out []func(*dynomad.Settings)
	if len(group.Networks) == 0 {
		return nil
	}
	for _, service := range group.Services {
		if service.Name != translator.Service(a.app, a.typeOf(group)) {
			continue
		}
		for _, check := range append(slices.Clone(service.Checks), api.ServiceCheck{}) {
			out = append(out, func(s *dynomad.Settings) {
				s.Service, s.Routes, s.Check = new(true), a.routes(service), checkOf(check, main)
			})
		}
		out = append(out, func(s *dynomad.Settings) {
			for _, port := range slices.Concat(group.Networks[0].DynamicPorts, group.Networks[0].ReservedPorts) {
				if port.Label == service.PortLabel && port.To > 0 {
					s.Port = &port.To
				}
			}
		}, func(s *dynomad.Settings) { s.Service = nil }, func(s *dynomad.Settings) { s.Routes = nil })
	}
	return out
}

// routes are the paths of a service's tags under the app's own name.
func (a *adoption) routes(service *api.Service) []dynomad.Route {
	out := []dynomad.Route{}
	for _, tag := range service.Tags {
		host, route, ok := routeOf(tag)
		known := slices.ContainsFunc(out, func(r dynomad.Route) bool { return r.Path == route.Path })
		if ok && host == string(a.app)+"."+a.target.Domain && !known {
			out = append(out, route)
		}
	}
	return out
}

func checkOf(c api.ServiceCheck, main *api.Task) *dynomad.Check {
	if c.Type == "" {
		return nil
	}
	out := &dynomad.Check{Kind: &c.Type, Path: text(c.Path), GRPCService: text(c.GRPCService), Interval: &c.Interval, Timeout: &c.Timeout}
	if command, ours := fileOf(main, "local/check"); ours && c.Type == "script" {
		out.Command = &command
	}
	if r := c.CheckRestart; r != nil && r.Limit > 0 {
		out.Failures, out.Grace = &r.Limit, r.Grace
	}
	return out
}

func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func number(n *int8) *int {
	if n == nil {
		return nil
	}
	return new(int(*n))
}
