package platform

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
	"github.com/dynomad/dynomad/translator"
)

// syncTries bounds how often a Sync starts over because something moved under it.
const syncTries = 5

// Sync makes Nomad run what the app's rows say, and notes what it registered. It does nothing where nothing moved. A pending
// release that Nomad or the translator refuses has failed, and the one before it is Synced instead. While Nomad is away the
// error is Unavailable and everything stays as it is.
func (p *Platform) Sync(ctx context.Context, app dynomad.AppID) error {
	over, err := p.turns.take(ctx, app)
	if err != nil {
		return err
	}
	defer over()
	return p.sync(ctx, app)
}

// sync is Sync for whoever has the app's turn.
func (p *Platform) sync(ctx context.Context, app dynomad.AppID) error {
	var last error
	for range syncTries {
		done, err := p.syncOnce(ctx, app)
		if done {
			return err
		}
		last = err
	}
	if last == nil {
		last = dynomad.Errorf(dynomad.KindConflict, "the app %s changes faster than it can be synced", app)
	}
	return last
}

// scene is all that a decision about one app's job rests on.
type scene struct {
	job     translator.Job    // what Nomad has; Index 0: nothing
	plan    dynomad.Blueprint // what the rows want
	target  translator.Target // what the plan's release was made with
	applied store.Applied     // what Nomad was told last
}

func (s scene) pending() bool { return s.plan.Release.Status == dynomad.ReleasePending }

// registered says whether what Nomad was told last is the plan's release.
func (s scene) registered() bool {
	return s.applied.Digest != "" && s.applied.Release == s.plan.Release.ID
}

// moved says whether somebody else has written the job since: an operator, another server, or Nomad itself by a revert.
func (s scene) moved() bool { return s.job.Index != s.applied.Index }

// asTold says whether Nomad has, the crons included, just what it was told last.
func (s scene) asTold() bool {
	return !s.moved() && (s.applied.Stopped || !s.job.Stopped) && maps.Equal(s.job.Crons, s.applied.Crons)
}

// wanted counts the dynos that the plan wants in all.
func (s scene) wanted() int {
	n := 0
	for _, e := range offered(s.plan.Formation, s.plan.Processes) {
		n += e.Quantity
	}
	return n
}

// look reads a scene. Nomad's side comes first: if the job is written after that, by whoever has newer rows than ours, its
// index has moved on and Apply refuses us. Read the other way round, an older plan could win.
func (p *Platform) look(ctx context.Context, id dynomad.AppID) (s scene, err error) {
	app, err := p.App(ctx, dynomad.System, string(id))
	if err != nil {
		return s, err
	}
	s.job, err = p.Cluster.Job(ctx, translator.JobID(app.Name))
	if ignoreNotFound(err) != nil {
		return s, err
	}
	err = p.Store.View(ctx, func(tx *store.Tx) error {
		if s.plan, err = tx.Blueprint(id); err != nil {
			return err
		}
		if s.applied, err = tx.Applied(id); err != nil || s.plan.Release.Target == "" {
			return err
		}
		body, err := tx.Target(s.plan.Release.Target)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(body, &s.target); err != nil {
			return fmt.Errorf("decode the target of %s %s: %w", app.Name, s.plan.Release.Version, err)
		}
		return nil
	})
	return s, err
}

// syncOnce is one attempt. It is done, for better or worse, or the scene changed and a new look is needed.
func (p *Platform) syncOnce(ctx context.Context, id dynomad.AppID) (done bool, err error) {
	s, err := p.look(ctx, id)
	if err != nil {
		return true, err
	}
	if s.pending() && s.registered() && s.moved() {
		if failed, err := p.adopt(ctx, s); failed || err != nil {
			return err != nil, err
		}
	}
	bundle, problems := translator.Translate(s.plan, s.target)
	if err := problems.Err(); err != nil {
		return p.refused(ctx, s, err)
	}
	if s.job.Index > 0 && s.applied.Index == 0 {
		if listed, err := p.listed(ctx, s.plan.App); err != nil {
			return true, err
		} else if listed.Index == 0 {
			return p.refused(ctx, s, foreign(s.job))
		}
	}
	if len(bundle.Jobs) == 0 {
		return true, p.stop(ctx, s)
	}
	digest := digestOf(bundle)
	if digest == s.applied.Digest && s.asTold() {
		return true, p.noteRevision(ctx, s)
	}
	job, err := p.Cluster.Apply(ctx, bundle, s.job.Index)
	switch dynomad.KindOf(err) {
	case "":
		return true, p.noteRegistered(ctx, s, job, bundle)
	case dynomad.KindConflict:
		return false, err // somebody was faster: look again
	case dynomad.KindInvalid, dynomad.KindForbidden, dynomad.KindTooLarge:
		return p.refused(ctx, s, err)
	}
	return true, err
}

// adopt deals with a job that moved while its release was pending. If that was Nomad, which gave the release up and put
// the version before it in its place, the release has failed; registering it once more would start a fight without end.
func (p *Platform) adopt(ctx context.Context, s scene) (failed bool, err error) {
	d, err := p.Cluster.Deployment(ctx, s.job.ID, s.applied.Index)
	if err := ignoreNotFound(err); err != nil || d.Status != translator.DeploymentFailed {
		return false, err
	}
	return true, p.fail(ctx, s, d.Reason)
}

// refused ends a pending release that cannot be registered as it is; the next look is at the release before it. One that
// has succeeded already stays, and the error is the operator's to mend.
func (p *Platform) refused(ctx context.Context, s scene, cause error) (done bool, err error) {
	if !s.pending() {
		return true, cause
	}
	err = p.fail(ctx, s, inWords(cause))
	return err != nil, err
}

// foreign is why an app cannot have the job of its name.
func foreign(job translator.Job) error {
	return dynomad.Errorf(dynomad.KindConflict, "nomad has a job %q already, and it is not Dynomad's", job.ID).
		WithHint("create the app under another name, or give Dynomad a Nomad namespace of its own")
}

// digestOf says in one word what all jobs of a bundle run.
func digestOf(b translator.Bundle) string {
	if len(b.Jobs) == 1 {
		return translator.Digest(b.Jobs[0])
	}
	sum := sha256.New()
	for _, job := range b.Jobs {
		_, _ = io.WriteString(sum, translator.Digest(job)) // a hash takes everything
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// stop ends the app's dynos and crons, because no release of it can run.
func (p *Platform) stop(ctx context.Context, s scene) error {
	job := s.job
	if job.Index > 0 && !job.Stopped || len(job.Crons) > 0 {
		var err error
		if job, err = p.Cluster.Stop(ctx, job.ID); err != nil {
			return err
		}
	}
	return p.note(ctx, store.Applied{
		App: s.plan.App.ID, Release: s.plan.Release.ID, Index: job.Index, Revision: s.plan.App.Revision,
		Settled: true, Registered: p.now(), Moved: p.now(),
	})
}

// noteRegistered keeps what Nomad was told. Where no dyno is wanted there is no deployment to wait for.
func (p *Platform) noteRegistered(ctx context.Context, s scene, job translator.Job, bundle translator.Bundle) error {
	if job.Index < s.applied.Index {
		// Nomad lost its state and counts from the start. What the old one was told must not pass for the later registration.
		if err := p.note(ctx, store.Applied{App: s.plan.App.ID, Settled: true}); err != nil {
			return err
		}
	}
	s.applied = store.Applied{
		App: s.plan.App.ID, Release: s.plan.Release.ID, Digest: digestOf(bundle), Index: job.Index, Stopped: job.Stopped,
		Crons: cronsOf(bundle, job), Revision: s.plan.App.Revision, Registered: p.now(), Moved: p.now(),
	}
	if s.wanted() == 0 {
		return p.succeed(ctx, s)
	}
	return p.note(ctx, s.applied)
}

// cronsOf are those of a job's crons that the bundle has. The others are ending, and a later look has to find them gone.
func cronsOf(b translator.Bundle, job translator.Job) map[string]uint64 {
	crons := map[string]uint64{}
	for _, one := range b.Jobs {
		if index, ok := job.Crons[*one.ID]; ok {
			crons[*one.ID] = index
		}
	}
	return crons
}

// noteRevision keeps that the app's newest edit needed no registration.
func (p *Platform) noteRevision(ctx context.Context, s scene) error {
	if s.applied.Revision == s.plan.App.Revision {
		return nil
	}
	s.applied.Revision = s.plan.App.Revision
	return p.note(ctx, s.applied)
}

func (p *Platform) note(ctx context.Context, a store.Applied) error {
	return p.Store.Update(ctx, func(tx *store.Tx) error { return tx.PutApplied(a) })
}
