package platform_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/platform"
)

func TestSlugsMadeByTheCaller(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.create("other")
	slug := must[dynomad.Slug](w)(w.CreateSlug(t.Context(), w.ada, "hello", platform.NewSlug{
		Processes: map[dynomad.ProcessType]string{"worker": "work", "web": "serve $PORT"}, Commit: "0123456789",
	}))
	_, err := w.ReleaseSlug(t.Context(), w.ada, "hello", slug.ID, "")
	w.refused(err, dynomad.KindInvalid) // nothing was uploaded yet
	w.builder.Upload(slug.Key, "ready-made")
	release := must[dynomad.Release](w)(w.ReleaseSlug(t.Context(), w.ada, "hello", slug.ID, ""))
	w.want("checked", must[dynomad.Slug](w)(w.Slug(t.Context(), w.ada, "hello", slug.ID)).Size, int64(len("ready-made")))
	w.want("description", release.Description, "Deploy 0123456")
	w.want("pending", w.settle(), 0)
	w.want("dynos", w.running("hello"), []string{"web.1 v2 up"})
	_, err = w.ReleaseSlug(t.Context(), w.ada, "other", slug.ID, "")
	w.refused(err, dynomad.KindNotFound)
	for _, processes := range []map[dynomad.ProcessType]string{nil, {"web": " "}, {"we b": "x"}} {
		_, err = w.CreateSlug(t.Context(), w.ada, "hello", platform.NewSlug{Processes: processes})
		w.refused(err, dynomad.KindInvalid)
	}
}

func TestBuildsEndInWords(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	b := w.build("hello", "web serve\nnonsense\n")
	w.want("status", b.Status, dynomad.BuildFailed)
	output := w.output(b.Output())
	w.want("last line", output[len(output)-1], " !     Build failed $")
	if !strings.Contains(strings.Join(output, "\n"), "Procfile:2") {
		t.Errorf("the output does not name the second problem: %q", output)
	}
	_, err := w.CreateBuild(t.Context(), w.ada, "hello", "https://elsewhere.example/x.tar.gz", "")
	w.refused(err, dynomad.KindInvalid)
	w.want("releases", w.releases("hello"), []string{"v1 succeeded*"})
}

func TestABuildThatWasInterruptedStartsOver(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.builder.Upload("k", "web: serve $PORT\n")
	b := must[dynomad.Build](w)(w.CreateBuild(t.Context(), w.ada, "hello", sources+"k", ""))
	w.builder.Down(true)
	w.refused(w.RunBuilds(t.Context()), dynomad.KindUnavailable)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.RunBuilds(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's end", err)
	}
	w.want("status", must[dynomad.Build](w)(w.Build(t.Context(), w.ada, "hello", b.ID)).Status, dynomad.BuildPending)
	w.builder.Down(false)
	w.ok(w.RunBuilds(t.Context()))
	w.ok(w.RunBuilds(t.Context()))
	w.want("releases", w.releases("hello"), []string{"v1 succeeded", "v2 pending*"})
	w.want("built", w.builder.Built(), 1)
}
