//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	nomad "github.com/hashicorp/nomad/api"

	"github.com/dynomad/dynomad/internal/devcluster"
)

// A dyno may read its own release's values and nothing else's, by Nomad's rules under every driver. Under exec and docker it
// cannot find them on the machine either; raw_exec does not isolate, and says so when a cluster is started with it.
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
	for path, want := range map[string]int{
		"nomad/jobs/spy/web/v4":    http.StatusOK,
		"nomad/jobs/spy/web/v3":    http.StatusForbidden, // an earlier release of its own app
		"nomad/jobs/victim/web/v3": http.StatusForbidden,
		"nomad/jobs/victim/web":    http.StatusForbidden,
	} {
		status, body := shared.variable(t, "spy", path)
		if status != want {
			t.Errorf("%s: %d, want %d: %s", path, status, want, body)
		}
	}

	needle := url.QueryEscape("victim-" + secret)
	roots := "/etc,/usr/local,/tmp,/alloc,/local,/secrets,/root,/home,/var"
	if shared.driver == "raw_exec" {
		roots = "/none" // the whole machine's files: nothing is promised there
	}
	found := shared.get(t, "spy", "/scan?text="+needle+"&roots="+url.QueryEscape(roots))
	switch {
	case shared.driver != "raw_exec" && strings.Contains(found, "found "):
		t.Errorf("under %s the spy sees the victim's value:\n%s", shared.driver, found)
	case shared.driver == "raw_exec" && !strings.Contains(found, "/environ"):
		t.Log("raw_exec isolates more than we promise")
	}
	// The probe does find what is to be found: its own value, in its own environment.
	if own := shared.get(t, "spy", "/scan?text="+url.QueryEscape("spy-newer-"+secret)+"&roots=/none"); !strings.Contains(own, "/environ") {
		t.Errorf("the scan does not even find the dyno's own value:\n%s", own)
	}
}

// variable asks Nomad for a variable as a dyno does. A container cannot even ask, for it reaches nothing that listens on
// loopback; there we ask ourselves, with its token.
func (s *stack) variable(t *testing.T, app, path string) (status int, answer string) {
	t.Helper()
	nomadAddr := s.cluster(t).NomadAddr()
	status, answer, err := s.ask(t.Context(), http.MethodGet, app, "/variable?nomad="+url.QueryEscape(nomadAddr)+"&path="+url.QueryEscape(path))
	if err != nil {
		t.Fatal(err)
	}
	if s.driver != "docker" {
		return status, answer
	}
	if status != http.StatusBadGateway {
		t.Errorf("Nomad answers a container: %d %s", status, answer)
	}
	dyno, err := nomad.NewClient(&nomad.Config{Address: nomadAddr, SecretID: s.get(t, app, "/env?name=NOMAD_TOKEN"), Namespace: devcluster.Namespace})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = dyno.Variables().Read(path, nil)
	if err == nil {
		return http.StatusOK, ""
	}
	if refused, ok := errors.AsType[nomad.UnexpectedResponseError](err); ok {
		return refused.StatusCode(), err.Error()
	}
	return 0, err.Error()
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

// A dyno under exec or docker is nobody, has no capabilities and cannot get any, writes where it may and nowhere else, and
// sees no process but its own.
func TestADynoIsShutIn(t *testing.T) {
	if shared.driver == "raw_exec" {
		t.Skip("raw_exec does not isolate")
	}
	app := "shut-in"
	shared.app(t, app, shared.source(t, "web: ./probe web\n", ""))
	status := shared.get(t, app, "/file?path=/proc/self/status")
	for _, want := range []string{"Uid:\t65534\t65534\t65534\t65534\n", "CapPrm:\t0000000000000000\n", "CapEff:\t0000000000000000\n", "CapBnd:\t0000000000000000\n"} {
		if !strings.Contains(status, want) {
			t.Errorf("no %q in the dyno's status:\n%s", want, status)
		}
	}
	for path, allowed := range map[string]bool{
		"written": true, "/alloc/data/written": true,
		"/written":     shared.driver == "exec", // there the task's own folder is its root
		"/etc/written": false, "/usr/bin/written": false, "/lib/written": false, "/bin/sh": false,
		"/proc/sys/kernel/hostname": false, "/sys/fs/cgroup/written": false, "/dev/mem": false,
	} {
		answer, body, err := shared.ask(t.Context(), http.MethodPost, app, "/write?path="+url.QueryEscape(path))
		if err != nil || (answer == http.StatusOK) != allowed {
			t.Errorf("writing %s: %d %v %s", path, answer, err, body)
		}
	}
	// Its own shells and itself, of the two: the sidecar is a stranger too.
	if scanned := shared.get(t, app, "/scan?text=x&roots=/none"); !regexp.MustCompile(`scanned [1-5] processes`).MatchString(scanned) {
		t.Errorf("the dyno sees others: %s", scanned)
	}
}
