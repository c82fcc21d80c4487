//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	nomad "github.com/hashicorp/nomad/api"
)

// A dyno may read its own release's values and nothing else's, by Nomad's rules under every driver. Under exec it cannot
// find them on the machine either; raw_exec does not isolate, and says so when a cluster is started with it.
func TestADynoReadsNobodyElsesConfig(t *testing.T) {
	secret := fmt.Sprintf("needle-%d", time.Now().UnixNano())
	for _, app := range []string{"spy", "victim"} {
		shared.app(t, app, shared.source(t, "web: ./probe web\n", ""))  // v2
		shared.run(t, "config:set", "OWNER="+app+"-"+secret, "-a", app) // v3
		settled(t, app)
	}
	shared.run(t, "config:set", "OWNER=spy-newer-"+secret, "-a", "spy") // v4
	settled(t, "spy")

	restart := shared.killServer(t) // or its sweep would take the token away again
	defer restart()
	shared.exposeIdentity(t, "spy")
	nomadAddr := url.QueryEscape(shared.cluster(t).NomadAddr())
	for path, want := range map[string]int{
		"nomad/jobs/spy/web/v4":    http.StatusOK,
		"nomad/jobs/spy/web/v3":    http.StatusForbidden, // an earlier release of its own app
		"nomad/jobs/victim/web/v3": http.StatusForbidden,
		"nomad/jobs/victim/web":    http.StatusForbidden,
	} {
		status, body, err := shared.ask(t.Context(), http.MethodGet, "spy", "/variable?nomad="+nomadAddr+"&path="+url.QueryEscape(path))
		if err != nil || status != want {
			t.Errorf("%s: %d, want %d: %v %s", path, status, want, err, body)
		}
	}

	needle := url.QueryEscape("victim-" + secret)
	roots := "/etc,/usr/local,/tmp,/alloc,/local,/secrets,/root,/home,/var"
	if shared.driver != "exec" {
		roots = "/none" // the whole machine's files: nothing is promised there
	}
	found := shared.get(t, "spy", "/scan?text="+needle+"&roots="+url.QueryEscape(roots))
	switch {
	case shared.driver == "exec" && strings.Contains(found, "found "):
		t.Errorf("under exec the spy sees the victim's value:\n%s", found)
	case shared.driver == "raw_exec" && !strings.Contains(found, "/environ"):
		t.Log("raw_exec isolates more than we promise")
	}
	// The probe does find what is to be found: its own value, in its own environment.
	if own := shared.get(t, "spy", "/scan?text="+url.QueryEscape("spy-newer-"+secret)+"&roots=/none"); !strings.Contains(own, "/environ") {
		t.Errorf("the scan does not even find the dyno's own value:\n%s", own)
	}
}

// exposeIdentity gives an app's dynos their own identity token in the environment, which Dynomad does not, by registering
// the job anew with the operator's token: the strongest token that a dyno could ever get hold of.
func (s *stack) exposeIdentity(t *testing.T, app string) {
	t.Helper()
	o := s.operator(t)
	job, _, err := o.nomad.Jobs().Info(app, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range job.TaskGroups {
		for _, task := range group.Tasks {
			task.Identity = &nomad.WorkloadIdentity{Env: true}
		}
	}
	if _, _, err := o.nomad.Jobs().Register(job, nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, time.Minute, "a dyno with its token", func() error {
		status, token, err := s.ask(t.Context(), http.MethodGet, app, "/env?name=NOMAD_TOKEN")
		if err != nil || status != http.StatusOK || token == "" {
			return fmt.Errorf("%d %w %q", status, err, token)
		}
		return nil
	})
}
