package translator_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/hcl"
	"github.com/dynomad/dynomad/translator"
)

func local(t testing.TB) translator.Target {
	t.Helper()
	return localTo(t, "raw_exec")
}

func secret(t *rapid.T) string {
	return hex.EncodeToString(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "secret"))
}

func TestSameInputSameBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bp, to := anyTranslation(t)
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
		for i := range first.Jobs {
			if !bytes.Equal(hcl.FormatJob(first.Jobs[i]), hcl.FormatJob(second.Jobs[i])) {
				t.Error("the same job is printed in two ways")
			}
			if translator.Digest(first.Jobs[i]) != translator.Digest(second.Jobs[i]) {
				t.Error("the same job has two digests")
			}
		}
	})
}

func TestEveryProcessTypeIsThereOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bp, to := anyTranslation(t)
		bundle, _ := translator.Translate(bp, to)
		seen := map[dynomad.ProcessType]int{}
		for i, job := range bundle.Jobs {
			for _, group := range job.TaskGroups {
				kind, count := translator.TypeOf(*group.Name), bp.Formation.Quantity(translator.TypeOf(*group.Name))
				if i > 0 {
					_, kind, _ = translator.CronOf(*job.ID)
					count = 1
				}
				seen[kind]++
				if *group.Count != count {
					t.Errorf("%d dynos of %s, want %d", *group.Count, kind, count)
				}
				if got, want := translator.CommandOf(group.Tasks[0]), commandOf(bp, kind); !strings.HasSuffix(got, want) {
					t.Errorf("the command %q is read back as %q", want, got)
				}
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
		if p.Type == kind && p.Settings.Exec != nil {
			return strings.Join(p.Settings.Exec, " ")
		}
		if p.Type == kind {
			return p.Command
		}
	}
	return ""
}

func TestNoConfigValueIsInTheJob(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bp, to := anyTranslation(t)
		bundle, _ := translator.Translate(bp, to)
		text := ""
		for _, job := range bundle.Jobs {
			text += string(hcl.FormatJob(job))
		}
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
		"web": {Service: new(true), Update: &dynomad.Update{}, Check: &dynomad.Check{}, Restart: &dynomad.Restart{}, Reschedule: &dynomad.Reschedule{}, Disconnect: &dynomad.Disconnect{}},
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
