package platform_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/platform"
	"github.com/dynomad/dynomad/translator"
)

func TestAnAppIsItsOwnersAlone(t *testing.T) {
	w := newWorld(t)
	app := w.create("hello")
	eve, root := w.user("eve@example.com"), w.user("root@example.com")
	root.Admin = true
	for _, ref := range []string{"hello", string(app.ID)} {
		_, err := w.App(t.Context(), eve, ref)
		w.refused(err, dynomad.KindNotFound)
		w.want("what a stranger hears", err.Error(), `there is no app "`+ref+`"`)
		_, err = w.Scale(t.Context(), eve, ref, nil)
		w.refused(err, dynomad.KindNotFound)
		_, err = w.Destroy(t.Context(), eve, ref)
		w.refused(err, dynomad.KindNotFound)
		w.want("what an administrator sees", must[dynomad.App](w)(w.App(t.Context(), root, ref)).Name, dynomad.AppName("hello"))
	}
	w.want("eve's apps", len(must[[]dynomad.App](w)(w.Apps(t.Context(), eve))), 0)
	w.want("ada's apps", len(must[[]dynomad.App](w)(w.Apps(t.Context(), w.ada))), 1)
	w.want("all apps", len(must[[]dynomad.App](w)(w.Apps(t.Context(), root))), 1)
	w.want("nobody's apps", len(must[[]dynomad.App](w)(w.Apps(t.Context(), dynomad.Actor{}))), 0)
}

func TestCreateApp(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	_, err := w.CreateApp(t.Context(), w.ada, "hello")
	w.refused(err, dynomad.KindConflict)
	_, err = w.CreateApp(t.Context(), w.ada, "No")
	w.refused(err, dynomad.KindInvalid)
	_, err = w.CreateApp(t.Context(), dynomad.System, "system")
	w.refused(err, dynomad.KindForbidden)
	for range 20 {
		app := w.create("")
		if !regexp.MustCompile(`^[a-z]+-[a-z]+-\d{4}$`).MatchString(string(app.Name)) || app.Name.Valid() != nil {
			t.Errorf("made up the name %q", app.Name)
		}
	}
}

func TestDestroyLeavesNothing(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.configure("hello", "COLOR", "blue")
	w.deploy("hello", "web: serve $PORT\n")
	w.settle()
	must[dynomad.Domain](w)(w.AddDomain(t.Context(), w.ada, "hello", "www.example.com"))
	_, err := w.Destroy(t.Context(), w.ada, "hello")
	w.ok(err)
	_, err = w.App(t.Context(), w.ada, "hello")
	w.refused(err, dynomad.KindNotFound)
	w.want("variables", len(w.nomad.Variables()), 0)
	_, err = w.nomad.Job(t.Context(), "hello")
	w.refused(err, dynomad.KindNotFound)
	w.want("unsettled", w.settle(), 0)
	report, err := w.Sweep(t.Context())
	w.ok(err)
	w.want("apps", report.Apps, 0)
	w.create("hello")
}

// neighbour is a Nomad in which one job belongs to somebody else: it is there, but not among Dynomad's.

type neighbour struct {
	platform.Cluster
	id string
}

func (n neighbour) Jobs(ctx context.Context) (map[string]translator.Job, error) {
	jobs, err := n.Cluster.Jobs(ctx)
	delete(jobs, n.id)
	return jobs, err
}

func TestAJobOfSomebodyElseIsLeftAlone(t *testing.T) {
	theirs := newWorld(t)
	theirs.create("shop")
	theirs.deploy("shop", "web: serve $PORT\n")
	theirs.settle()
	before, err := theirs.nomad.Job(t.Context(), "shop")
	theirs.ok(err)

	w := newWorld(t)
	w.Cluster = neighbour{theirs.nomad, "shop"}
	w.create("shop")
	release := w.deploy("shop", "web: serve2 $PORT\n")
	w.want("status", release.Status, dynomad.ReleaseFailed)
	if !strings.Contains(release.Reason, "not Dynomad's") {
		t.Errorf("the reason %q does not say why", release.Reason)
	}
	_, err = w.Sweep(t.Context())
	w.ok(err)
	_, err = w.Destroy(t.Context(), w.ada, "shop")
	w.ok(err)
	after, err := theirs.nomad.Job(t.Context(), "shop")
	theirs.ok(err)
	w.want("their job", after, before)
}
