package translator_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/translator"
)

var (
	anyApp     = rapid.Map(rapid.StringMatching(`[a-z][a-z0-9-]{1,28}[a-z0-9]`), func(s string) dynomad.AppName { return dynomad.AppName(s) })
	anyType    = rapid.Map(rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9_-]{0,61}[A-Za-z0-9]`), func(s string) dynomad.ProcessType { return dynomad.ProcessType(s) })
	anyVersion = rapid.Map(rapid.IntRange(1, 1_000_000), func(n int) dynomad.Version { return dynomad.Version(n) })
	anyIndex   = rapid.IntRange(1, dynomad.MaxQuantity)
)

func TestNamesReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		app, kind, version, index := anyApp.Draw(t, "app"), anyType.Draw(t, "type"), anyVersion.Draw(t, "version"), anyIndex.Draw(t, "index")
		if got, ok := translator.AppOf(translator.JobID(app)); !ok || got != app {
			t.Errorf("the job of %q is read as %q", app, got)
		}
		if got := translator.TypeOf(translator.Group(kind)); got != kind {
			t.Errorf("the group of %q is read as %q", kind, got)
		}
		if got, ok := translator.VersionOf(translator.Task(version)); !ok || got != version {
			t.Errorf("the task of %s is read as %s", version, got)
		}
		name := translator.AllocName(app, kind, index)
		if a, k, i, ok := translator.DynoOf(name); !ok || a != app || k != kind || i != index {
			t.Errorf("%q is read as %s %s %d", name, a, k, i)
		}
	})
}

// Runs and crons have jobs beside the app's own, which read back as well; and the longest of their names are still legal.
func TestNamesBeside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		app, kind, index := anyApp.Draw(t, "app"), anyType.Draw(t, "type"), anyIndex.Draw(t, "index")
		run := rapid.StringMatching(`(run|release|build|postdeploy)\.[0-9A-Za-z_-]{1,24}`).Draw(t, "run")
		if a, r, ok := translator.RunOf(translator.RunJobID(app, run)); !ok || a != app || r != run || translator.ValidRun(run) != nil {
			t.Errorf("the job of %s is read as %s of %s", run, r, a)
		}
		for _, id := range []string{translator.CronJobID(app, kind), translator.CronJobID(app, kind) + "/periodic-1700000000"} {
			if a, k, ok := translator.CronOf(id); !ok || a != app || k != kind {
				t.Errorf("%q is read as %s of %s", id, k, a)
			}
		}
		for id, want := range map[string]string{
			translator.JobID(app): dynomad.DynoName(kind, index), translator.RunJobID(app, run): run, translator.CronJobID(app, kind): dynomad.DynoName(kind, index),
		} {
			if a, dyno, ok := translator.DynoIn(id, string(kind), index-1); !ok || a != app || dyno != want {
				t.Errorf("in %q there is %s of %s, want %s", id, dyno, a, want)
			}
		}
	})
	for _, id := range []string{"hello", "hello~", "hello~run", "hello~run-", "hello~cron-", "~run-1", "Hello~run-1", "hello~Run-1", "hello~run-1.2"} {
		_, run, isRun := translator.RunOf(id)
		if _, cron, isCron := translator.CronOf(id); isRun || isCron {
			t.Errorf("%q is read as the run %q, or the cron %q", id, run, cron)
		}
	}
	bp := dynomad.Blueprint{
		App:     dynomad.App{Name: dynomad.AppName("a" + strings.Repeat("b", 29))},
		Release: dynomad.Release{Version: 1_000_000}, Config: dynomad.Config{"A": "b"},
		Processes: []dynomad.Process{
			{Type: dynomad.ProcessType(strings.Repeat("w", 63)), Command: "x"},
			{Type: dynomad.ProcessType(strings.Repeat("c", 63)), Command: "x", Settings: dynomad.Settings{Schedule: []string{"@daily"}}},
		},
	}
	all, problems := translator.Translate(bp, local(t))
	longest, more := translator.TranslateRun(bp, local(t), translator.Run{Name: strings.Repeat("r", 16) + "." + strings.Repeat("1", 24), Template: "run", Command: "x"})
	if err := append(problems, more...).Err(); err != nil {
		t.Fatal(err)
	}
	for _, v := range append(all.Variables, longest.Variables...) {
		if !variablePath.MatchString(v.Path) {
			t.Errorf("Nomad would refuse the variable %q", v.Path)
		}
	}
}

func TestNamesOfOthersAreNotOurs(t *testing.T) {
	for _, task := range []string{translator.SidecarTask, "", "v", "v0", "v-1", "v01", "v1x", "V1", "1", "v 1", "v+1"} {
		if v, ok := translator.VersionOf(task); ok {
			t.Errorf("the task %q is read as %s", task, v)
		}
	}
	for _, name := range []string{"", "hello", "hello.web", "hello.web[]", "hello.web[-1]", "hello.web[x]", "hello.web[01]", "web[0]", "a.web[0]", "hello.web[0] "} {
		if app, kind, index, ok := translator.DynoOf(name); ok {
			t.Errorf("the allocation %q is read as %s %s.%d", name, app, kind, index)
		}
	}
	if app, ok := translator.AppOf("hello~run-12"); ok {
		t.Errorf("a one-off job is read as the app %q", app)
	}
}

var (
	dnsLabel     = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)
	variablePath = regexp.MustCompile(`^[a-zA-Z0-9_~/-]{1,128}$`)
)

// What Consul and Nomad take for a name, and that no two types of an app share one.
func TestNamesAreLegal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		app, kind, other := anyApp.Draw(t, "app"), anyType.Draw(t, "type"), anyType.Draw(t, "other")
		service := translator.Service(app, kind)
		if !dnsLabel.MatchString(service) {
			t.Errorf("the service %q is no DNS label", service)
		}
		if kind != other && service == translator.Service(app, other) {
			t.Errorf("the types %q and %q share the service %q", kind, other, service)
		}
		path := translator.VariablePath(app, kind, anyVersion.Draw(t, "version"))
		if !variablePath.MatchString(path) || !strings.HasPrefix(path, translator.VariablePrefix(app)) {
			t.Errorf("Nomad would refuse the variable %q", path)
		}
	})
	if got := translator.Service("hello", dynomad.Web); got != "hello-web" {
		t.Errorf("the service of web is %q", got)
	}
	for _, kinds := range [][2]dynomad.ProcessType{{"a_b", "a-b"}, {"Web", "web"}, {"a__b", "a_-b"}} {
		if a, b := translator.Service("hello", kinds[0]), translator.Service("hello", kinds[1]); a == b {
			t.Errorf("%v share the service %q", kinds, a)
		}
	}
	if strings.HasPrefix(translator.VariablePath("foobar", "web", 1), translator.VariablePrefix("foo")) {
		t.Error("the variables of foobar are among those of foo")
	}
}
