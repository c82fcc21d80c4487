package platform_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/dynomad/dynomad"
)

func TestDomains(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.create("other")
	eve := w.user("eve@example.com")
	must[dynomad.App](w)(w.CreateApp(t.Context(), eve, "eves"))
	add := func(actor dynomad.Actor, app, name string) error {
		_, err := w.AddDomain(t.Context(), actor, app, name)
		return err
	}
	w.ok(add(w.ada, "hello", "WWW.Example.com"))
	w.ok(add(w.ada, "hello", "*.shop.example"))
	w.refused(add(w.ada, "other", "www.example.com"), dynomad.KindConflict)
	w.refused(add(eve, "eves", "admin.shop.example"), dynomad.KindConflict)
	w.ok(add(w.ada, "other", "admin.shop.example"))
	for _, name := range []string{"other.localhost", "*.localhost", "http://x.example", "nodots"} {
		w.refused(add(w.ada, "hello", name), dynomad.KindInvalid)
	}
	must[dynomad.Domain](w)(w.RemoveDomain(t.Context(), w.ada, "hello", "www.example.com"))
	_, err := w.RemoveDomain(t.Context(), w.ada, "hello", "www.example.com")
	w.refused(err, dynomad.KindNotFound)
	w.want("domains", len(must[[]dynomad.Domain](w)(w.Domains(t.Context(), w.ada, "hello"))), 1)
}

func TestEdge(t *testing.T) {
	w := newWorld(t)
	state := func(host string) string {
		s, app, err := w.Edge(t.Context(), host)
		w.ok(err)
		return string(s) + " " + string(app)
	}
	w.want("no app", state("hello.localhost:8080"), "unknown ")
	w.create("hello")
	w.want("nothing deployed", state("Hello.LOCALHOST:8080"), "empty hello")
	w.nomad.Hold()
	w.deploy("hello", "web: serve $PORT\n")
	w.want("on its way", state("hello.localhost"), "starting hello")
	w.nomad.Release()
	w.settle()
	w.want("up", state("hello.localhost"), "up hello")
	must[dynomad.Domain](w)(w.AddDomain(t.Context(), w.ada, "hello", "*.example.com"))
	w.want("wildcard", state("a.example.com"), "up hello")
	w.want("not the wildcard's", state("example.com"), "unknown ")
	dynos := must[[]dynomad.Dyno](w)(w.Dynos(t.Context(), w.ada, "hello"))
	w.nomad.Crash(dynos[0].ID, 1)
	w.want("crashed", state("hello.localhost"), "crashed hello")
	must[dynomad.App](w)(w.Maintain(t.Context(), w.ada, "hello", true))
	w.want("maintenance", state("hello.localhost"), "maintenance hello")
	must[dynomad.App](w)(w.Maintain(t.Context(), w.ada, "hello", false))
	w.scale("hello", "web=0")
	w.want("off", state("hello.localhost"), "off hello")
	w.scale("hello", "web=1")
	w.nomad.Down(true)
	_, _, err := w.Edge(t.Context(), "hello.localhost")
	w.refused(err, dynomad.KindUnavailable)
}

func TestMaintenanceTakesTheRouteAndLeavesTheDynos(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.deploy("hello", "web: serve $PORT\n")
	w.settle()
	before := must[[]dynomad.Dyno](w)(w.Dynos(t.Context(), w.ada, "hello"))[0].ID
	app := must[dynomad.App](w)(w.Maintain(t.Context(), w.ada, "hello", true))
	w.want("maintenance", app.Maintenance, true)
	tags := w.nomad.Spec("hello").TaskGroups[0].Services[0].Tags
	w.want("routed", slices.ContainsFunc(tags, func(tag string) bool { return strings.HasPrefix(tag, "urlprefix-") }), false)
	w.want("dyno", must[[]dynomad.Dyno](w)(w.Dynos(t.Context(), w.ada, "hello"))[0].ID, before)
}
