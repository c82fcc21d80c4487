package platform_test

import (
	"testing"
	"time"

	"github.com/dynomad/dynomad"
)

func TestADeployBecomesDynos(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	b := w.build("hello", "web: serve $PORT\nworker: work\n")
	w.want("releases before Nomad is asked", w.releases("hello"), []string{"v1 succeeded", "v2 pending*"})
	w.want("still pending", w.settle(), 0)
	w.want("releases", w.releases("hello"), []string{"v1 succeeded", "v2 succeeded*"})
	w.want("dynos", w.running("hello"), []string{"web.1 v2 up"})
	w.want("formation", w.formation("hello"), "web=1, worker=0")
	w.want("events", w.events(), []string{
		"Create app by ada@example.com",
		"Initial release by ada@example.com",
		"Release v1 created by ada@example.com",
		"Build started by ada@example.com",
		"Deploy abc1234 by ada@example.com",
		"Release v2 created by ada@example.com",
		"Build succeeded",
	})
	w.want("build output", w.output(b.Output()), []string{"-----> Checking source", "-----> Released v2 $"})
	release := must[dynomad.Release](w)(w.Release(t.Context(), w.ada, "hello", "2"))
	w.want("release output", w.output(release.Output()), []string{"v2: Deploy abc1234", "v2 is live $"})
}

func TestProgressIsTold(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.nomad.Hold()
	release := w.deploy("hello", "web: serve $PORT\n")
	w.want("pending", w.settle(), 1)
	w.want("pending", w.settle(), 1)
	w.nomad.Release()
	w.want("pending", w.settle(), 0)
	w.want("output", w.output(release.Output()), []string{"v2: Deploy abc1234", "web: 0 of 1 dynos up", "v2 is live $"})
}

func TestAReleaseThatCrashesTwiceIsNotWaitedFor(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.deploy("hello", "web: serve $PORT\n")
	w.settle()
	w.nomad.Hold() // its deployment runs on, as Nomad's does until the deadline
	release := w.deploy("hello", "web: serve $PORT badly\n")
	crash := func() {
		for _, d := range must[[]dynomad.Dyno](w)(w.Dynos(t.Context(), w.ada, "hello")) {
			if d.Release == 3 {
				w.nomad.Crash(d.ID, 3)
			}
		}
	}
	crash()
	w.want("pending after one crash", w.settle(), 1)
	for _, d := range must[[]dynomad.Dyno](w)(w.Dynos(t.Context(), w.ada, "hello")) {
		w.nomad.Start(d.ID)
	}
	w.want("pending while it tries again", w.settle(), 1)
	crash()
	w.want("pending after two", w.settle(), 0)
	w.want("releases", w.releases("hello"), []string{"v1 succeeded", "v2 succeeded*", "v3 failed"})
	output := w.output(release.Output())
	w.want("last words", output[len(output)-1], "Release v3 failed: web.1 crashed 2 times as it started: exited with status 3 $")
	w.nomad.Release()
	w.settle()
	w.want("dynos", w.running("hello"), []string{"web.1 v2 up"})
}

func TestAFailedReleaseLeavesTheOneBefore(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.deploy("hello", "web: serve $PORT\nworker: work\n")
	w.settle()
	w.scale("hello", "web=2", "worker=1")
	w.settle()
	release := w.deploy("hello", "web: exit 3\nclock: tick\n")
	w.want("formation while pending", w.formation("hello"), "clock=0, web=2")
	w.settle()
	w.settle()
	w.want("releases", w.releases("hello"), []string{"v1 succeeded", "v2 succeeded*", "v3 failed"})
	w.want("dynos", w.running("hello"), []string{"web.1 v2 up", "web.2 v2 up", "worker.1 v2 up"})
	w.want("formation", w.formation("hello"), "web=2, worker=1")
	w.want("output", w.output(release.Output()), []string{
		"v3: Deploy abc1234", "Release v3 failed: web.1 exited with status 3 $",
	})
	events := w.events()
	w.want("last event", events[len(events)-1], "Release v3 failed: web.1 exited with status 3")
	w.quiet("hello")
}

// quiet says that nothing is left to do: no sweep and no settling touches the app any more.
func (w *world) quiet(app string) {
	w.t.Helper()
	before, err := w.Cluster.Job(w.t.Context(), app)
	w.ok(err)
	for range 3 {
		report, err := w.Sweep(w.t.Context())
		w.ok(err)
		w.want("synced by a sweep", report.Synced, 0)
		w.settle()
	}
	after, err := w.Cluster.Job(w.t.Context(), app)
	w.ok(err)
	w.want("job", after, before)
}

func TestASweepBeforeTheSettlingDoesNotFightNomadsRevert(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.deploy("hello", "web: serve $PORT\n")
	w.settle()
	w.deploy("hello", "web: exit 1\n")
	_, err := w.Sweep(t.Context())
	w.ok(err)
	w.want("releases", w.releases("hello"), []string{"v1 succeeded", "v2 succeeded*", "v3 failed"})
	w.settle()
	w.want("dynos", w.running("hello"), []string{"web.1 v2 up"})
	w.quiet("hello")
}

func TestAFirstReleaseThatFailsEndsStopped(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.deploy("hello", "web: exit 1\n")
	w.settle()
	w.want("releases", w.releases("hello"), []string{"v1 succeeded*", "v2 failed"})
	w.want("dynos", w.running("hello"), []string(nil))
	job, err := w.nomad.Job(t.Context(), "hello")
	w.ok(err)
	w.want("stopped", job.Stopped, true)
	w.want("formation", w.formation("hello"), "")
	w.quiet("hello")
	w.deploy("hello", "web: serve $PORT\n")
	w.settle()
	w.want("dynos after the next deploy", w.running("hello"), []string{"web.1 v3 up"})
}

func TestANewerReleaseOvertakes(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.nomad.Hold()
	second := w.deploy("hello", "web: serve $PORT\n")
	w.settle()
	w.configure("hello", "COLOR", "blue")
	w.want("releases", w.releases("hello"), []string{"v1 succeeded", "v2 expired", "v3 pending*"})
	w.want("output", w.output(second.Output()), []string{"v2: Deploy abc1234", "web: 0 of 1 dynos up", "v2 was overtaken by v3 $"})
	w.nomad.Release()
	w.want("pending", w.settle(), 0)
	w.want("dynos", w.running("hello"), []string{"web.1 v3 up"})
	w.want("variable", w.nomad.Variable("nomad/jobs/hello/web/v3"), map[string]string{"COLOR": "blue"})
}

func TestAScaleDuringADeployIsFollowed(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.deploy("hello", "web: serve $PORT\n")
	w.settle()
	w.nomad.Hold()
	w.deploy("hello", "web: serve2 $PORT\n")
	w.nomad.Step()
	w.scale("hello", "web=3")
	w.want("pending", w.settle(), 1)
	w.nomad.Release()
	w.want("pending", w.settle(), 0)
	w.want("releases", w.releases("hello"), []string{"v1 succeeded", "v2 succeeded", "v3 succeeded*"})
	w.want("dynos", w.running("hello"), []string{"web.1 v3 up", "web.2 v3 up", "web.3 v3 up"})
	w.quiet("hello")
}

func TestAScaleDuringADeployThatFails(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.deploy("hello", "web: serve $PORT\n")
	w.settle()
	w.nomad.Hold()
	w.deploy("hello", "web: exit 1\n")
	w.scale("hello", "web=2")
	w.nomad.Release()
	w.settle()
	w.settle()
	w.want("releases", w.releases("hello"), []string{"v1 succeeded", "v2 succeeded*", "v3 failed"})
	w.want("dynos", w.running("hello"), []string{"web.1 v2 up", "web.2 v2 up"})
	w.quiet("hello")
}

func TestAReleaseAtNothingSucceedsAtOnce(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.deploy("hello", "web: serve $PORT\n")
	w.settle()
	w.scale("hello", "web=0")
	w.want("dynos", w.running("hello"), []string(nil))
	w.deploy("hello", "web: exit 1\n")
	w.want("releases", w.releases("hello"), []string{"v1 succeeded", "v2 succeeded", "v3 succeeded*"})
	w.scale("hello", "web=1")
	w.settle()
	w.want("releases after a wake that crashes", w.releases("hello"), []string{"v1 succeeded", "v2 succeeded", "v3 succeeded*"})
	events := w.events()
	w.want("last event", events[len(events)-1], "Some dynos of v3 do not come up: web.1 exited with status 1")
	w.quiet("hello")
}

func TestOnlyAPendingReleaseIsRevertedByNomad(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.nomad.Hold()
	w.deploy("hello", "web: serve $PORT\n")
	w.want("while pending", *w.nomad.Spec("hello").TaskGroups[0].Update.AutoRevert, true)
	w.nomad.Release()
	w.settle()
	w.scale("hello", "web=2")
	w.want("afterwards", *w.nomad.Spec("hello").TaskGroups[0].Update.AutoRevert, false)
}

func TestADeploymentThatStandsStillIsGivenUp(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.deploy("hello", "web: serve $PORT\n")
	w.settle()
	w.nomad.Hold()
	w.deploy("hello", "web: serve2 $PORT\n")
	w.settle()
	w.pass(time.Hour)
	w.settle()
	w.want("releases", w.releases("hello"), []string{"v1 succeeded", "v2 succeeded*", "v3 failed"})
	w.nomad.Release()
	w.settle()
	w.want("dynos", w.running("hello"), []string{"web.1 v2 up"})
	w.quiet("hello")
}

func TestRollbackBringsBackSlugAndConfig(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.configure("hello", "COLOR", "blue")
	w.deploy("hello", "web: serve $PORT\nworker: work\n")
	w.settle()
	w.configure("hello", "COLOR", "red")
	w.settle()
	w.deploy("hello", "web: serve2 $PORT\n")
	w.settle()
	w.want("formation", w.formation("hello"), "web=1")
	must[dynomad.Release](w)(w.Rollback(t.Context(), w.ada, "hello", "v3"))
	w.settle()
	w.want("releases", w.releases("hello"), []string{
		"v1 succeeded", "v2 succeeded", "v3 succeeded", "v4 succeeded", "v5 succeeded", "v6 succeeded*",
	})
	w.want("config", must[dynomad.Config](w)(w.Config(t.Context(), w.ada, "hello")), dynomad.Config{"COLOR": "blue"})
	w.want("variable", w.nomad.Variable("nomad/jobs/hello/web/v6"), map[string]string{"COLOR": "blue"})
	w.want("formation", w.formation("hello"), "web=1, worker=0")
	release := must[dynomad.Release](w)(w.Rollback(t.Context(), w.ada, "hello", ""))
	w.want("the one before", release.Description, "Rollback to v5")
	_, err := w.Rollback(t.Context(), w.ada, "hello", "v1")
	w.refused(err, dynomad.KindInvalid)
	_, err = w.Rollback(t.Context(), w.ada, "hello", "v99")
	w.refused(err, dynomad.KindNotFound)
}

func TestNomadAwayDelaysAndLosesNothing(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.deploy("hello", "web: serve $PORT\n")
	w.settle()
	w.nomad.Down(true)
	w.scale("hello", "web=2")
	w.configure("hello", "COLOR", "blue")
	_, err := w.Settle(t.Context())
	w.refused(err, dynomad.KindUnavailable)
	_, err = w.Sweep(t.Context())
	w.refused(err, dynomad.KindUnavailable)
	_, err = w.Destroy(t.Context(), w.ada, "hello")
	w.refused(err, dynomad.KindUnavailable)
	w.nomad.Down(false)
	_, err = w.Sweep(t.Context())
	w.ok(err)
	w.settle()
	w.want("dynos", w.running("hello"), []string{"web.1 v3 up", "web.2 v3 up"})
	w.quiet("hello")
}

func TestAStrangersChangeIsPutRight(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.deploy("hello", "web: serve $PORT\n")
	w.settle()
	w.nomad.Touch("hello")
	report, err := w.Sweep(t.Context())
	w.ok(err)
	w.want("synced", report.Synced, 1)
	w.settle()
	w.want("meta", w.nomad.Spec("hello").Meta["touched"], "")
	w.nomad.Purge("hello")
	_, err = w.Sweep(t.Context())
	w.ok(err)
	w.settle()
	w.want("dynos", w.running("hello"), []string{"web.1 v2 up"})
	_, err = w.nomad.Stop(t.Context(), "hello")
	w.ok(err)
	_, err = w.Sweep(t.Context())
	w.ok(err)
	w.settle()
	w.want("dynos", w.running("hello"), []string{"web.1 v2 up"})
	w.quiet("hello")
}
