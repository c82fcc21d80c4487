package translator_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/target"
	"github.com/dynomad/dynomad/hcl"
	"github.com/dynomad/dynomad/translator"
)

func local(t testing.TB) translator.Target {
	t.Helper()
	to, err := target.Default("raw_exec", "localhost", 8080)
	if err != nil {
		t.Fatal(err)
	}
	to.Agent = &translator.Agent{URL: "http://127.0.0.1:5001/agent", SHA256: strings.Repeat("ab", 32), Logplex: "http://127.0.0.1:5000"}
	return to
}

// anyBlueprint draws an app with some process types in any order, and with config values that are 16 random bytes.
func anyBlueprint(t *rapid.T) dynomad.Blueprint {
	bp := dynomad.Blueprint{
		App:     dynomad.App{Name: anyApp.Draw(t, "app"), Maintenance: rapid.Bool().Draw(t, "maintenance")},
		Release: dynomad.Release{Version: anyVersion.Draw(t, "version"), Status: dynomad.ReleasePending},
		Config:  dynomad.Config{},
	}
	for _, kind := range rapid.SliceOfNDistinct(anyType, 1, 8, rapid.ID).Draw(t, "types") {
		p := dynomad.Process{Type: kind, Command: rapid.String().Draw(t, "command")}
		if rapid.Bool().Draw(t, "env") {
			p.Settings.Env = map[string]string{"FROM_MANIFEST": secret(t)}
		}
		bp.Processes = append(bp.Processes, p)
		bp.Formation = append(bp.Formation, dynomad.FormationEntry{Type: kind, Quantity: rapid.IntRange(0, 100).Draw(t, "quantity")})
	}
	for i := range rapid.IntRange(0, 5).Draw(t, "vars") {
		bp.Config[fmt.Sprintf("VAR_%d", i)] = secret(t)
	}
	return bp
}

func secret(t *rapid.T) string {
	return hex.EncodeToString(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "secret"))
}

func TestSameInputSameBytes(t *testing.T) {
	to := local(t)
	rapid.Check(t, func(t *rapid.T) {
		bp := anyBlueprint(t)
		first, problems := translator.Translate(bp, to)
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		shuffled := bp
		shuffled.Processes = rapid.Permutation(bp.Processes).Draw(t, "other order")
		second, _ := translator.Translate(shuffled, to)
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("the order in which processes are stored changes the job:\n%s", diff)
		}
		if !bytes.Equal(hcl.FormatJob(first.Jobs[0]), hcl.FormatJob(second.Jobs[0])) {
			t.Error("the same job is printed in two ways")
		}
		if translator.Digest(first.Jobs[0]) != translator.Digest(second.Jobs[0]) {
			t.Error("the same job has two digests")
		}
	})
}

func TestEveryProcessTypeIsThereOnce(t *testing.T) {
	to := local(t)
	rapid.Check(t, func(t *rapid.T) {
		bp := anyBlueprint(t)
		bundle, _ := translator.Translate(bp, to)
		seen := map[dynomad.ProcessType]int{}
		for _, group := range bundle.Jobs[0].TaskGroups {
			kind := translator.TypeOf(*group.Name)
			seen[kind]++
			if *group.Count != bp.Formation.Quantity(kind) {
				t.Errorf("%d dynos of %s, want %d", *group.Count, kind, bp.Formation.Quantity(kind))
			}
			if got, want := translator.CommandOf(group.Tasks[0]), commandOf(bp, kind); got != want {
				t.Errorf("the command %q is read back as %q", want, got)
			}
		}
		for _, p := range bp.Processes {
			if seen[p.Type] != 1 {
				t.Errorf("%s is there %d times", p.Type, seen[p.Type])
			}
		}
		if len(seen) != len(bp.Processes) {
			t.Errorf("%d groups for %d processes", len(seen), len(bp.Processes))
		}
	})
}

func commandOf(bp dynomad.Blueprint, kind dynomad.ProcessType) string {
	for _, p := range bp.Processes {
		if p.Type == kind {
			return p.Command
		}
	}
	return ""
}

func TestNoConfigValueIsInTheJob(t *testing.T) {
	to := local(t)
	rapid.Check(t, func(t *rapid.T) {
		bp := anyBlueprint(t)
		bundle, _ := translator.Translate(bp, to)
		text := string(hcl.FormatJob(bundle.Jobs[0]))
		values := 0
		for _, variable := range bundle.Variables {
			for name, value := range variable.Items {
				values++
				if strings.Contains(text, value) {
					t.Errorf("the value of %s stands in the job", name)
				}
			}
		}
		if want := len(bp.Config) * len(bp.Processes); values < want {
			t.Errorf("%d values are in variables, want at least %d", values, want)
		}
	})
}

// What is no different to run must not be registered again, and what is must.
func TestDigest(t *testing.T) {
	to := local(t)
	base := dynomad.Blueprint{
		App: dynomad.App{Name: "hello"}, Release: dynomad.Release{Version: 2, Status: dynomad.ReleasePending},
		Slug:      dynomad.Slug{URL: "http://127.0.0.1/slug", SHA256: "ab"},
		Processes: []dynomad.Process{{Type: "web", Command: "./server"}}, Formation: dynomad.Formation{{Type: "web", Quantity: 1}},
	}
	for _, c := range []struct {
		what   string
		change func(*dynomad.Blueprint, *translator.Target)
		same   bool
	}{
		{"nothing", func(*dynomad.Blueprint, *translator.Target) {}, true},
		{"the release has succeeded", func(bp *dynomad.Blueprint, _ *translator.Target) { bp.Release.Status = dynomad.ReleaseSucceeded }, true},
		{"time has passed", func(bp *dynomad.Blueprint, _ *translator.Target) {
			bp.Release.UpdatedAt = time.Now()
			bp.App.Revision++
		}, true},
		{"another release", func(bp *dynomad.Blueprint, _ *translator.Target) { bp.Release.Version++ }, false},
		{"another quantity", func(bp *dynomad.Blueprint, _ *translator.Target) {
			bp.Formation = dynomad.Formation{{Type: "web", Quantity: 2}}
		}, false},
		{"another domain", func(bp *dynomad.Blueprint, _ *translator.Target) {
			bp.Domains = []dynomad.Domain{{Hostname: "www.example.com"}}
		}, false},
		{"maintenance", func(bp *dynomad.Blueprint, _ *translator.Target) { bp.App.Maintenance = true }, false},
		{"another slug", func(bp *dynomad.Blueprint, _ *translator.Target) { bp.Slug.URL += "2" }, false},
		{"another agent", func(_ *dynomad.Blueprint, to *translator.Target) { to.Agent = nil }, false},
	} {
		bp, changed := base, to
		c.change(&bp, &changed)
		before, _ := translator.Translate(base, to)
		after, problems := translator.Translate(bp, changed)
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		if same := translator.Digest(before.Jobs[0]) == translator.Digest(after.Jobs[0]); same != c.same {
			t.Errorf("%s: the same digest = %v, want %v", c.what, same, c.same)
		}
		if before.Jobs[0].TaskGroups[0].Update == nil {
			t.Errorf("%s: Digest has taken the update block away", c.what)
		}
	}
}

func TestWithoutProcessesThereIsNoJob(t *testing.T) {
	bundle, problems := translator.Translate(dynomad.Blueprint{App: dynomad.App{Name: "hello"}, Config: dynomad.Config{"A": "b"}}, local(t))
	if diff := cmp.Diff(translator.Bundle{}, bundle); diff != "" || problems != nil {
		t.Errorf("%v %s", problems, diff)
	}
}

// Nobody who changes a Bundle may change the Blueprint that it was made of.
func TestBundleIsOnItsOwn(t *testing.T) {
	bp := dynomad.Blueprint{
		App: dynomad.App{Name: "hello"}, Release: dynomad.Release{Version: 1}, Config: dynomad.Config{"A": "b"},
		Processes: []dynomad.Process{{Type: "web", Command: "x"}},
	}
	bundle, _ := translator.Translate(bp, local(t))
	bundle.Variables[0].Items["A"] = "changed"
	if bp.Config["A"] != "b" {
		t.Error("the config of the Blueprint has changed")
	}
}

// A template that says too little is told in words and not by a crash.
func TestPoorTemplates(t *testing.T) {
	bp := dynomad.Blueprint{App: dynomad.App{Name: "hello"}, Processes: []dynomad.Process{{Type: "web", Command: "x"}, {Type: "web", Command: "x"}}}
	_, problems := translator.Translate(bp, translator.Target{Driver: "exec", Agent: &translator.Agent{}, Templates: map[string]dynomad.Settings{
		"web": {Update: &dynomad.Update{}, Check: &dynomad.Check{}, Restart: &dynomad.Restart{}, Reschedule: &dynomad.Reschedule{}, Disconnect: &dynomad.Disconnect{}},
	}})
	text := problems.Err().Error()
	for _, want := range []string{
		"the driver exec needs a user", `no process template "worker"`, "does not say what dynos start under", "is there twice",
		"has no update.min_healthy_time", "has no check.kind", "has no restart.attempts", "has no reschedule.delay", "has no disconnect.lost_after",
		"has no kill_signal", "has no surge", `process "sidecar" has no cpu`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("nobody is told that %q", want)
		}
	}
}
