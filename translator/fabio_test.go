package translator_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fabiolb/fabio/route"
	"github.com/hashicorp/nomad/api"
)

// TestFabioTakesEveryTag loads the tags of every file in testdata into Fabio's own table, which finds the app again by
// each host, with and without the port, and by each path.
func TestFabioTakesEveryTag(t *testing.T) {
	tags := 0
	for name, job := range goldenJobs(t) {
		for _, service := range services(job) {
			for _, tag := range service.Tags {
				prefix, ok := strings.CutPrefix(tag, "urlprefix-")
				if !ok {
					continue // an overlay's, for others to read
				}
				tags++
				prefix, options, _ := strings.Cut(prefix, " ")
				opts := map[string]string{}
				if strip, ok := strings.CutPrefix(options, "strip="); ok {
					opts["strip"] = strip
				}
				table, err := route.NewTableCustom(&[]route.RouteDef{{
					Cmd: route.RouteAddCmd, Service: service.Name, Src: prefix, Dst: "http://127.0.0.1:25000/", Opts: opts,
				}})
				if err != nil {
					t.Errorf("%s: Fabio does not take the tag %q: %v", name, tag, err)
					continue
				}
				host, path, _ := strings.Cut(strings.Replace(prefix, "*", "any", 1), "/")
				request := httptest.NewRequest(http.MethodGet, "http://"+host+"/"+path+"/below", nil)
				found := table.Lookup(request, route.Picker["rnd"], route.Matcher["prefix"], route.NewGlobCache(10), false)
				if found == nil || found.Service != service.Name || found.StripPath != opts["strip"] {
					t.Errorf("%s: a request for %s does not find the route %q", name, host, tag)
				}
			}
		}
	}
	if tags < 10 {
		t.Errorf("only %d tags were seen", tags)
	}
}

func services(job *api.Job) []*api.Service {
	var out []*api.Service
	for _, group := range job.TaskGroups {
		out = append(out, group.Services...)
	}
	return out
}
