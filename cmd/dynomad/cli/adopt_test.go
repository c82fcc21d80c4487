package cli

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestAdoptAndEject runs the scripts in testdata/adopt. Their Nomad answers from their own files: a job by its id from
// nomad/ID.json, and for every job file that it is to read nomad/parsed.json.
func TestAdoptAndEject(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/adopt",
		Setup: func(env *testscript.Env) error {
			server := httptest.NewServer(jobsOf(filepath.Join(env.WorkDir, "nomad")))
			env.Defer(server.Close)
			env.Setenv("NOMAD_ADDR", server.URL)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"dynomad": func(ts *testscript.TestScript, wantFailure bool, args []string) {
				code := Main(&Commands{}, Process{
					Args: args, Dir: ts.MkAbs("."), Getenv: ts.Getenv, Now: time.Now,
					Stdin: strings.NewReader(""), Stdout: ts.Stdout(), Stderr: ts.Stderr(),
				})
				if (code != 0) != wantFailure {
					ts.Fatalf("exit code %d", code)
				}
			},
		},
	})
}

func jobsOf(dir string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/job/{id}", func(w http.ResponseWriter, r *http.Request) {
		text, err := os.ReadFile(filepath.Join(dir, r.PathValue("id")+".json"))
		if err != nil {
			http.Error(w, "job not found", http.StatusNotFound)
			return
		}
		_, _ = w.Write(text)
	})
	mux.HandleFunc("/v1/jobs/parse", func(w http.ResponseWriter, r *http.Request) {
		asked, _ := io.ReadAll(r.Body)
		if text, err := os.ReadFile(filepath.Join(dir, "parsed.json")); err == nil && strings.Contains(string(asked), "job ") {
			_, _ = w.Write(text)
			return
		}
		http.Error(w, "Failed to parse job", http.StatusBadRequest)
	})
	return mux
}
