package cli_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestPlan runs the scripts in testdata/plan. Nomad is a folder of answers there, recorded from a Nomad 1.11.3: a script
// sets $NOMAD to its name, and what is not in it is not found. What Nomad is told goes to asked.json.
func TestPlan(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/plan",
		Setup: func(env *testscript.Env) error {
			server := httptest.NewServer(recorded(env.WorkDir))
			env.Defer(server.Close)
			env.Setenv("NOMAD_ADDR", server.URL)
			env.Setenv("GORACE", "atexit_sleep_ms=10") // instead of a second after each command
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// recorded answers GET /v1/job/hello from nomad/v1_job_hello.json.
func recorded(dir string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name := strings.NewReplacer("/", "_", "~", "_").Replace(strings.TrimPrefix(r.URL.Path, "/"))
		if namespace := r.URL.Query().Get("namespace"); namespace != "" && namespace != "*" {
			name = namespace + "_" + name
		}
		text, err := os.ReadFile(filepath.Join(dir, "nomad", name+".json"))
		if err != nil {
			http.Error(w, strings.TrimPrefix(r.URL.Path, "/v1/")+" not found", http.StatusNotFound)
			return
		}
		if forbidden := strings.TrimSpace(string(text)); forbidden == "forbidden" {
			http.Error(w, "Permission denied", http.StatusForbidden)
			return
		}
		_, _ = w.Write(text)
	}
}
