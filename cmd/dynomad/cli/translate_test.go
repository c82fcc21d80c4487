package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestTranslate runs the scripts in testdata/translate. They need no server.
func TestTranslate(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/translate",
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
