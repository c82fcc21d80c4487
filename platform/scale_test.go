package platform_test

import (
	"strings"
	"testing"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
)

func TestConfigure(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	set := func(changes map[string]*string) (dynomad.Config, error) {
		return w.Configure(t.Context(), w.ada, "hello", changes)
	}
	red, blue := "red", "blue"
	w.want("config", must[dynomad.Config](w)(set(map[string]*string{"B": &red, "A": &blue})), dynomad.Config{"A": "blue", "B": "red"})
	w.want("unchanged", must[dynomad.Config](w)(set(map[string]*string{"B": &red, "C": nil})), dynomad.Config{"A": "blue", "B": "red"})
	w.want("mixed", must[dynomad.Config](w)(set(map[string]*string{"A": nil, "B": &blue})), dynomad.Config{"B": "blue"})
	w.want("removed", must[dynomad.Config](w)(set(map[string]*string{"B": nil})), dynomad.Config{})
	_, err := set(map[string]*string{"PORT": &red})
	w.refused(err, dynomad.KindInvalid)
	var words []string
	for _, r := range must[[]dynomad.Release](w)(w.Releases(t.Context(), w.ada, "hello")) {
		words = append(words, r.Description)
	}
	w.want("releases", words, []string{
		"Initial release", "Set A, B config vars", "Set B, remove A config vars", "Remove B config vars",
	})
	old := must[dynomad.Config](w)(w.ReleaseConfig(t.Context(), w.ada, "hello", "v2"))
	w.want("old values", old, dynomad.Config{"A": "blue", "B": "red"})
	_, err = w.ReleaseConfig(t.Context(), w.ada, "hello", "v9")
	w.refused(err, dynomad.KindNotFound)
}

func TestScale(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	_, err := w.Scale(t.Context(), w.ada, "hello", []dynomad.Change{{Type: "web", Quantity: "1"}})
	w.refused(err, dynomad.KindNotFound)
	w.deploy("hello", "web: serve $PORT\nworker: work\n")
	w.settle()
	w.want("formation", w.scale("hello", "web=2", "worker=+1").String(), "web=2, worker=1")
	w.settle()
	w.want("dynos", w.running("hello"), []string{"web.1 v2 up", "web.2 v2 up", "worker.1 v2 up"})
	w.scale("hello", "web=2")
	_, err = w.Scale(t.Context(), w.ada, "hello", []dynomad.Change{{Type: "web", Quantity: "1000"}})
	w.refused(err, dynomad.KindInvalid)
	_, err = w.Scale(t.Context(), w.ada, "hello", []dynomad.Change{{Type: "web", Size: "gigantic"}})
	w.refused(err, dynomad.KindInvalid)
	f := must[dynomad.Formation](w)(w.Scale(t.Context(), w.ada, "hello", []dynomad.Change{{Type: "web", Size: "Standard-2X"}}))
	w.want("size", f[0].Size, "standard-2x")
	dynos := must[[]dynomad.Dyno](w)(w.Dynos(t.Context(), w.ada, "hello"))
	w.want("a dyno's size and command", []string{dynos[0].Size, dynos[0].Command}, []string{"standard-2x", "serve $PORT"})
	var scales []string
	for _, text := range w.events() {
		if strings.HasPrefix(text, "Scale") {
			scales = append(scales, text)
		}
	}
	w.want("events", scales, []string{"Scale to web=2, worker=1 by ada@example.com", "Scale to web=2, worker=1 by ada@example.com"})
}

func TestRestart(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.refused(w.Restart(t.Context(), w.ada, "hello", ""), dynomad.KindNotFound)
	w.deploy("hello", "web: serve $PORT\n")
	w.settle()
	w.ok(w.Restart(t.Context(), w.ada, "hello", "web.1"))
	w.refused(w.Restart(t.Context(), w.ada, "hello", "web.7"), dynomad.KindNotFound)
	events := w.events()
	w.want("event", events[len(events)-1], "Restart web.1 by ada@example.com")
}

func TestAReleaseKeepsItsTarget(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.deploy("hello", "web: serve $PORT\n")
	w.settle()
	w.Target.Init += "\n# a newer Dynomad\n"
	w.quiet("hello")
	w.scale("hello", "web=2")
	w.settle()
	first := w.running("hello")
	w.want("dynos", first, []string{"web.1 v2 up", "web.2 v2 up"})
	var kept int
	w.ok(w.Store.View(t.Context(), func(tx *store.Tx) error {
		r, err := tx.ReleaseByVersion(must[dynomad.App](w)(w.App(t.Context(), w.ada, "hello")).ID, 2)
		if err != nil {
			return err
		}
		body, err := tx.Target(r.Target)
		kept = strings.Count(string(body), "a newer Dynomad")
		return err
	}))
	w.want("the newer text in the older release", kept, 0)
}
