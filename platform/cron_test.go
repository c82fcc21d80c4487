package platform_test

import (
	"strings"
	"testing"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/platform"
	"github.com/dynomad/dynomad/translator"
)

// crons are the cron jobs that Nomad has beside an app's job.
func (w *world) crons(app string) []string {
	w.t.Helper()
	var ids []string
	for id := range must[map[string]translator.Job](w)(w.Cluster.Jobs(w.t.Context()))[app].Crons {
		ids = append(ids, id)
	}
	return ids
}

const nightly = "hello~cron-nightly"

func TestCronsAreJobsBesideTheApp(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.configure("hello", "COLOR", "blue")
	w.deploy("hello", "web: serve $PORT\ncron nightly: work\nrelease: migrate\n")
	w.settle()
	w.want("formation", w.formation("hello"), "web=1")
	w.want("crons", w.crons("hello"), []string{nightly})
	w.want("dynos", w.running("hello"), []string{"web.1 v3 up"})
	w.quiet("hello")

	w.nomad.Fire(nightly)
	w.want("dynos while it runs", w.running("hello"), []string{"nightly.1 v3 up", "web.1 v3 up"})
	w.ok(w.Observe(t.Context(), "hello"))
	var told []string
	for _, e := range must[[]dynomad.Event](w)(w.Events(t.Context(), 0, 1000)) {
		if e.Process == "nightly.1" {
			told = append(told, e.Text)
		}
	}
	w.want("events", told, []string{"Starting process with command `work`", "State changed from starting to up"})
	w.quiet("hello")

	w.ok(w.Restart(t.Context(), w.ada, "hello", ""))
	dynos := must[[]dynomad.Dyno](w)(w.Dynos(t.Context(), w.ada, "hello"))
	w.want("a restart of all reaches", []bool{restarted(dynos[0]), restarted(dynos[1])}, []bool{false, true})

	w.deploy("hello", "web: serve $PORT\n")
	w.settle()
	w.want("crons of a release without", w.crons("hello"), []string(nil))
	w.want("dynos", w.running("hello"), []string{"web.1 v4 up"})
	w.want("variables", w.nomad.Variable("nomad/jobs/"+nightly+"/cron/v3"), map[string]string(nil))
	w.quiet("hello")
}

func restarted(d dynomad.Dyno) bool {
	for _, m := range d.History {
		if m.Text == "Restarting" {
			return true
		}
	}
	return false
}

func TestWhatIsNotScaledSaysSo(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.deploy("hello", "web: serve $PORT\nworker: work\nnightly: work\n")
	w.settle()
	w.scale("hello", "nightly=2", "worker=1")
	w.settle()
	w.deploy("hello", "web: serve $PORT\ncron nightly: work\nrelease: migrate\n")
	for what, want := range map[string]string{
		"nightly": "nightly runs by its schedule (0 3 * * *) and cannot be scaled",
		"release": "release runs once in every release and cannot be scaled",
	} {
		_, err := w.Scale(t.Context(), w.ada, "hello", []dynomad.Change{{Type: dynomad.ProcessType(what), Quantity: "2"}})
		w.refused(err, dynomad.KindInvalid)
		if err == nil || err.Error() != want {
			t.Errorf("scaling %s: %v", what, err)
		}
	}
	w.want("formation while pending", w.formation("hello"), "web=1")
	w.settle()
	must[dynomad.Release](w)(w.Rollback(t.Context(), w.ada, "hello", "v2"))
	w.settle()
	w.want("formation of a release that has it as a process", w.formation("hello"), "nightly=0, web=1, worker=0")
}

func TestAFailedReleaseBringsTheCronsBack(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.deploy("hello", "web: serve $PORT\ncron nightly: work\n")
	w.settle()
	before := w.nomad.Spec(nightly)
	w.nomad.Hold()
	w.deploy("hello", "web: exit 3\ncron nightly: work harder\ncron other: work\n")
	w.want("crons of a pending release", len(w.crons("hello")), 2)
	w.nomad.Release()
	w.settle()
	w.settle()
	w.want("releases", w.releases("hello"), []string{"v1 succeeded", "v2 succeeded*", "v3 failed"})
	w.want("crons", w.crons("hello"), []string{nightly})
	w.want("the cron", w.nomad.Spec(nightly), before)
	w.quiet("hello")
}

func TestAFirstReleaseThatFailsLeavesNoCrons(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.deploy("hello", "web: exit 3\ncron nightly: work\n")
	w.settle()
	w.want("crons", w.crons("hello"), []string(nil))
	w.quiet("hello")
}

func TestAStrangersChangeOfACronIsPutRight(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.deploy("hello", "web: serve $PORT\ncron nightly: work\n")
	w.settle()
	dynos := w.running("hello")
	for what, change := range map[string]func(){
		"changed": func() { w.nomad.Touch(nightly) },
		"removed": func() { w.nomad.Purge(nightly) },
	} {
		change()
		lists := w.nomad.Calls("Jobs")
		report, err := w.Sweep(t.Context())
		w.ok(err)
		w.want("synced after it was "+what, report.Synced, 1)
		w.want("lists of all jobs", w.nomad.Calls("Jobs")-lists, 1)
		w.settle()
		w.want("meta", w.nomad.Spec(nightly).Meta["touched"], "")
		w.want("dynos", w.running("hello"), dynos)
		w.quiet("hello")
	}
}

func TestAnAppOfCronsOnly(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.deploy("hello", "cron nightly: work\n")
	w.want("releases", w.releases("hello"), []string{"v1 succeeded", "v2 succeeded*"})
	w.want("crons", w.crons("hello"), []string{nightly})
	w.want("synced", must[platform.SweepReport](w)(w.Sweep(t.Context())).Synced, 0)

	w.deploy("hello", "web: serve $PORT\ncron nightly: work\n")
	w.settle()
	w.want("dynos", w.running("hello"), []string{"web.1 v3 up"})
	w.deploy("hello", "cron nightly: work\n")
	w.settle()
	w.want("dynos without web", w.running("hello"), []string(nil))
	w.want("crons", w.crons("hello"), []string{nightly})
	w.quiet("hello")
	w.nomad.Fire(nightly)
	must[dynomad.App](w)(w.Destroy(t.Context(), w.ada, "hello"))
	w.want("jobs after the end", len(must[map[string]translator.Job](w)(w.Cluster.Jobs(t.Context()))), 0)
}

func TestMaintenanceKeepsCrons(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.deploy("hello", "web: serve $PORT\ncron nightly: work\n")
	w.settle()
	must[dynomad.App](w)(w.Maintain(t.Context(), w.ada, "hello", true))
	w.settle()
	w.want("crons", w.crons("hello"), []string{nightly})
	w.quiet("hello")
}

func TestAManifestsDomains(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.create("other")
	_, err := w.AddDomain(t.Context(), w.ada, "other", "taken.example.com")
	w.ok(err)
	domains := func() (names []string) {
		for _, d := range must[[]dynomad.Domain](w)(w.Domains(t.Context(), w.ada, "hello")) {
			names = append(names, d.Hostname)
		}
		return names
	}

	b := w.build("hello", "web: serve $PORT\ndomain www.example.com\ndomain taken.example.com\ndomain x.localhost\n")
	w.want("status", b.Status, dynomad.BuildFailed)
	output := strings.Join(w.output(b.Output()), "\n")
	for _, want := range []string{"taken.example.com is taken", "x.localhost is among the platform's own addresses"} {
		if !strings.Contains(output, want) {
			t.Errorf("no %q in\n%s", want, output)
		}
	}
	w.want("releases", w.releases("hello"), []string{"v1 succeeded*"})
	w.want("domains", domains(), []string(nil))

	b = w.build("hello", "web: serve $PORT\ndomain WWW.example.com\ndomain www.example.com\ndomain b.example.com\n")
	w.want("output", w.output(b.Output()), []string{
		"-----> Checking source", "-----> Added the domain www.example.com", "-----> Added the domain b.example.com", "-----> Released v2 $",
	})
	w.want("domains", domains(), []string{"b.example.com", "www.example.com"})
	added := 0
	for _, text := range w.events() {
		if text == "Add domain www.example.com by ada@example.com" {
			added++
		}
	}
	w.want("events", added, 1)
	if tags := strings.Join(w.nomad.Spec("hello").TaskGroups[0].Services[0].Tags, " "); !strings.Contains(tags, "urlprefix-www.example.com/") {
		t.Errorf("the route is not there: %s", tags)
	}

	w.settle()
	b = w.build("hello", "web: serve $PORT\ndomain b.example.com\n")
	output = strings.Join(w.output(b.Output()), "\n")
	if !strings.Contains(output, "stays the app's; `dynomad domains:remove www.example.com` removes it") {
		t.Errorf("nothing about the name that the manifest has no more:\n%s", output)
	}
	w.want("domains", domains(), []string{"b.example.com", "www.example.com"})
	must[dynomad.Release](w)(w.Rollback(t.Context(), w.ada, "hello", "v2"))
	w.want("domains after a rollback", domains(), []string{"b.example.com", "www.example.com"})
}

func TestWhatCannotRunHereFailsTheBuild(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	long := strings.Repeat("x", 80)
	b := w.build("hello", "web: serve $PORT\n"+long+": work\n")
	w.want("status", b.Status, dynomad.BuildFailed)
	if output := strings.Join(w.output(b.Output()), "\n"); !strings.Contains(output, "has a name of 80 letters") {
		t.Errorf("the output does not say why:\n%s", output)
	}
	w.want("releases", w.releases("hello"), []string{"v1 succeeded*"})
}
