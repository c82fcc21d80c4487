package translator

import (
	"slices"
	"strings"

	"github.com/hashicorp/nomad/api"
)

// services judges the services of a group, or of the task named. routed are those that the settings have given routes.
func (j *judge) services(before, after, routed []*api.Service, task string, in ...string) {
	for _, s := range after {
		var base api.Service
		for _, b := range before {
			if b.Name == s.Name {
				base = *b
			}
		}
		if same(base, s) {
			continue
		}
		at := func(names ...string) []string {
			return j.nth(slices.Concat(in, []string{"service"}), task, "Services", "Name", s.Name, names...)
		}
		j.routes(s, routed, at)
		j.identity(base.Identity, s.Identity, at("identity")...)
		if s.Cluster != base.Cluster && s.Cluster != "default" {
			j.identity(nil, s.Cluster, at("cluster")...)
		}
		if s.Kind != base.Kind {
			j.privileged(at("kind")...)
		}
		if c := s.Connect; c != nil {
			j.connect(c, at)
		}
		beside := s.TaskName == SidecarTask
		for _, check := range s.Checks {
			beside = beside || check.TaskName == SidecarTask
		}
		if beside { // a script check would run in it, and read its token
			j.privileged(at("task")...)
		}
	}
}

// connect judges a service's place in Consul's mesh. Proxies are tasks too.
func (j *judge) connect(c *api.ConsulConnect, at func(...string) []string) {
	if c.Gateway != nil {
		j.privileged(at("connect", "gateway")...)
	}
	if c.Native {
		j.identity(false, true, at("connect", "native")...)
	}
	if t := c.SidecarTask; t != nil && (t.Driver != "" || t.User != "" || len(t.Config) > 0 || len(t.Identities) > 0 || len(t.VolumeMounts) > 0) {
		j.privileged(at("connect", "sidecar_task")...)
	}
}

// fabioPrefix begins a tag that Fabio makes a route of.
const fabioPrefix = "urlprefix-"

// routes judges what brings requests to a service: every tag of Fabio's but those that the settings gave the process.
func (j *judge) routes(s *api.Service, routed []*api.Service, at func(...string) []string) {
	if j.allow.Routes {
		return
	}
	var given []string
	var meta map[string]string
	for _, r := range routed {
		given = append(given, r.Tags...)
		if meta == nil {
			meta = r.Meta
		}
	}
	hint := "say route in the process, or " + ask("routes = true")
	for _, tags := range []struct {
		name string
		tags []string
	}{{"tags", s.Tags}, {"canary_tags", s.CanaryTags}} {
		if slices.ContainsFunc(tags.tags, func(tag string) bool { return isRoute(tag) && !slices.Contains(given, tag) }) {
			j.refuse(hint, at(tags.name))
		}
	}
	if !slices.ContainsFunc(slices.Concat(s.Tags, s.CanaryTags), isRoute) {
		return
	}
	// It has routes of the app's: they have to lead to its dynos, and the router has to know whose they are.
	if s.Address != "" {
		j.refuse(hint, at("address"))
	}
	for _, name := range []string{ServiceApp, ServiceType, ServiceIndex, ServiceRelease} {
		if text, ok := s.Meta[name]; ok && text != meta[name] {
			j.refuse(hint, at("meta", name))
		}
		if text, ok := s.CanaryMeta[name]; ok && text != meta[name] {
			j.refuse(hint, at("canary_meta", name))
		}
	}
}

// isRoute says whether a tag is one of Fabio's, or may become one once the client has replaced what is in it.
func isRoute(tag string) bool {
	tag = strings.TrimSpace(tag)
	literal, _, replaced := strings.Cut(tag, "${")
	return strings.HasPrefix(tag, fabioPrefix) || replaced && strings.HasPrefix(fabioPrefix, literal)
}
