package platform_test

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cluster/clusterfake"
	"github.com/dynomad/dynomad/platform"
	"github.com/dynomad/dynomad/translator"
)

// Whoever follows an output waits for its last line, so there is one on every way that a build or a release can go.

func TestAnOutputIsGoneWithItsApp(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.nomad.Hold()
	release := w.deploy("hello", "web: serve $PORT\n")
	build := must[dynomad.Build](w)(w.CreateBuild(t.Context(), w.ada, "hello", sources+"k", ""))
	w.want("a build that has not begun", w.output(build.Output()), []string(nil))
	w.want("a release that has not ended", w.output(release.Output()), []string{"v2: Deploy abc1234"})
	_, err := w.Output(t.Context(), release.Output(), 1)
	w.ok(err)
	must[dynomad.App](w)(w.Destroy(t.Context(), w.ada, "hello"))
	for _, id := range []dynomad.OutputID{build.Output(), release.Output(), "nobody's"} {
		_, err := w.Output(t.Context(), id, 0)
		w.refused(err, dynomad.KindNotFound)
	}
}

func TestReleasesEndOnANomadThatBeganAnew(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.deploy("hello", "web: serve $PORT\n")
	w.settle()
	for _, quantity := range []string{"web=2", "web=3", "web=1"} { // the old Nomad's index rises
		w.scale("hello", quantity)
		w.settle()
	}
	w.nomad = clusterfake.New(w.now)
	w.Cluster = w.nomad
	_, err := w.Sweep(t.Context())
	w.ok(err)
	w.settle()
	w.want("dynos", w.running("hello"), []string{"web.1 v2 up"})
	w.quiet("hello")
	release := w.deploy("hello", "web: exit 7\n")
	w.want("pending", w.settle(), 0)
	w.want("output", w.output(release.Output()), []string{
		"v3: Deploy abc1234", "Release v3 failed: web.1 exited with status 7 $",
	})
}

// mute is a Nomad that tells nothing about the deployments of one job.
type mute struct {
	platform.Cluster
	job string
}

func (c mute) Deployment(ctx context.Context, jobID string, index uint64) (translator.Deployment, error) {
	if jobID == c.job {
		return translator.Deployment{}, dynomad.Errorf(dynomad.KindUnavailable, "nomad says: keyring not ready")
	}
	return c.Cluster.Deployment(ctx, jobID, index)
}

func TestOneAppsTroubleDoesNotKeepTheOthersPending(t *testing.T) {
	w := newWorld(t)
	w.Cluster = mute{w.nomad, "alpha"}
	for _, app := range []string{"alpha", "beta"} {
		w.create(dynomad.AppName(app))
		w.deploy(app, "web: serve $PORT\n")
	}
	pending, err := w.Settle(t.Context())
	w.refused(err, dynomad.KindUnavailable)
	w.want("pending", pending, 1)
	w.want("alpha", w.releases("alpha"), []string{"v1 succeeded", "v2 pending*"})
	w.want("beta", w.releases("beta"), []string{"v1 succeeded", "v2 succeeded*"})
}

// yard is a builder to which something happens before each build, which may keep it from building.
type yard struct {
	platform.Builder
	before func(ctx context.Context, sourceKey string) error
}

func (y yard) Build(
	ctx context.Context, sourceKey string, out io.Writer, judge func(dynomad.Slug) dynomad.Problems,
) (dynomad.Slug, error) {
	if err := y.before(ctx, sourceKey); err != nil {
		return dynomad.Slug{}, err
	}
	return y.Builder.Build(ctx, sourceKey, out, judge)
}

func TestOneAppsTroubleDoesNotInterruptTheOthersBuilds(t *testing.T) {
	w := newWorld(t)
	builds := map[string]dynomad.Build{}
	for _, app := range []string{"alpha", "beta"} {
		w.create(dynomad.AppName(app))
		w.builder.Upload(app, "web: serve $PORT\n")
		builds[app] = must[dynomad.Build](w)(w.CreateBuild(t.Context(), w.ada, app, sources+app, ""))
	}
	w.Builder = yard{w.builder, func(ctx context.Context, source string) error {
		if source == "alpha" {
			return dynomad.Errorf(dynomad.KindUnavailable, "the source cannot be read")
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond): // long enough for alpha to be in trouble
		}
		return nil
	}}
	w.refused(w.RunBuilds(t.Context()), dynomad.KindUnavailable)
	w.want("alpha", w.output(builds["alpha"].Output()), []string(nil))
	w.want("beta", w.output(builds["beta"].Output()), []string{"-----> Checking source", "-----> Released v2 $"})
}

func TestABuildThatAnotherServerHasDoneStaysAsItIs(t *testing.T) {
	w := newWorld(t)
	w.create("hello")
	w.builder.Upload("k", "web: serve $PORT\n")
	b := must[dynomad.Build](w)(w.CreateBuild(t.Context(), w.ada, "hello", sources+"k", ""))
	theirs := &platform.Platform{
		Store: w.Store, Cluster: w.nomad, Builder: w.builder, Links: w.Links, Target: w.Target, Now: w.now, NewID: w.id, Log: w.Log,
	}
	w.Builder = yard{w.builder, func(ctx context.Context, _ string) error {
		w.ok(theirs.RunBuilds(ctx))
		return dynomad.Errorf(dynomad.KindInvalid, "the source is gone")
	}}
	w.ok(w.RunBuilds(t.Context()))
	w.want("status", must[dynomad.Build](w)(w.Build(t.Context(), w.ada, "hello", b.ID)).Status, dynomad.BuildSucceeded)
	w.want("output", w.output(b.Output()), []string{"-----> Checking source", "-----> Released v2 $"})
}
