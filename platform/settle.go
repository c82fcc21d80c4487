package platform

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
	"github.com/dynomad/dynomad/translator"
)

const (
	// patience is how long a deployment may stand still beyond Nomad's own deadline before we give it up ourselves. Nomad's
	// deadline does not cover a dyno that fits nowhere.
	patience = time.Minute
	// unseen is how long a registration may be without a deployment before we believe that it makes none.
	unseen = 30 * time.Second
	// noDeadline stands in where the templates name none.
	noDeadline = 10 * time.Minute
)

// Settle looks at every app on which something goes on: a pending release succeeds, fails, or gets another line of
// progress; a changed formation whose dynos do not come up is told as an event. It counts the apps whose release is still
// pending. An app of which Nomad tells nothing does not hold up the others: that may be its own trouble.
func (p *Platform) Settle(ctx context.Context) (pending int, err error) {
	var open []store.Standing
	err = p.Store.View(ctx, func(tx *store.Tx) (err error) {
		open, err = tx.Unsettled()
		return err
	})
	if err != nil {
		return 0, err
	}
	var failures []error
	for _, app := range open {
		still, err := p.settleInTurn(ctx, app)
		if still {
			pending++
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", app.Name, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return pending, errors.Join(failures...)
}

// settleInTurn leaves out an app that somebody is at work on: the next round sees what came of it.
func (p *Platform) settleInTurn(ctx context.Context, app store.Standing) (pending bool, err error) {
	over, _ := p.turns.try(app.App)
	if over == nil {
		return app.Pending, nil
	}
	defer over()
	err = p.settle(ctx, app.App)
	if err != nil {
		return app.Pending, ignoreNotFound(err) // destroyed meanwhile
	}
	err = p.Store.View(ctx, func(tx *store.Tx) error {
		left, err := tx.PendingReleases(app.App)
		pending = len(left) > 0
		return err
	})
	return pending, err
}

// settle follows the app's newest registration. A release is what its newest registration is: a scale while the release
// is pending registers anew, and from then on that deployment counts.
func (p *Platform) settle(ctx context.Context, id dynomad.AppID) error {
	s, err := p.look(ctx, id)
	if err != nil {
		return err
	}
	if s.moved() || s.pending() && !s.registered() {
		return p.sync(ctx, id)
	}
	d, err := p.Cluster.Deployment(ctx, translator.JobID(s.plan.App.Name), s.applied.Index)
	switch {
	case dynomad.KindOf(err) == dynomad.KindNotFound:
		return p.unseen(ctx, s)
	case err != nil:
		return err
	case d.Status == translator.DeploymentSuccessful:
		return p.succeed(ctx, s)
	case d.Status == translator.DeploymentFailed:
		return p.giveUp(ctx, s, d.Reason)
	}
	switch reason, err := p.doomed(ctx, s); {
	case err != nil:
		return err
	case reason != "":
		return p.giveUp(ctx, s, reason)
	}
	return p.wait(ctx, s, progress(d))
}

// doomed says why a pending release need not be waited for: a process of it has crashed, was started again and has crashed
// again. Nomad goes on trying until its deadline; people would rather know now.
func (p *Platform) doomed(ctx context.Context, s scene) (reason string, err error) {
	if !s.pending() {
		return "", nil
	}
	dynos, err := p.Cluster.Dynos(ctx, s.job.ID)
	for _, d := range dynos {
		if d.Release == s.plan.Release.Version && s.scales(d.Type) && d.State == dynomad.DynoCrashed && d.ExitStatus != nil && d.Crashes() > 1 {
			return fmt.Sprintf("%s crashed %d times as it started: %s", d.Name(), d.Crashes(), d.Reason), nil
		}
	}
	return "", err
}

// scales says whether the plan has dynos of this type that run until they are told to end.
func (s scene) scales(t dynomad.ProcessType) bool {
	return slices.ContainsFunc(s.plan.Processes, func(p dynomad.Process) bool { return p.Type == t && p.Scaled() })
}

// unseen is a registration without a deployment: Nomad has not made it yet, or makes none because no dyno has to change.
func (p *Platform) unseen(ctx context.Context, s scene) error {
	if !s.pending() && p.since(s.applied.Registered) > unseen {
		return p.succeed(ctx, s)
	}
	return p.wait(ctx, s, "waiting for Nomad to place the dynos")
}

// wait tells how far the deployment is, where that has changed, and gives it up when it has stood still for too long.
func (p *Platform) wait(ctx context.Context, s scene, words string) error {
	if words == s.applied.Progress {
		if limit := s.deadline(); p.since(s.applied.Moved) > limit {
			return p.giveUp(ctx, s, fmt.Sprintf("nothing moved for %s: %s", limit, words))
		}
		return nil
	}
	s.applied.Progress, s.applied.Moved = words, p.now()
	return p.Store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.PutApplied(s.applied); err != nil || !s.pending() {
			return err
		}
		return tx.AddOutput(s.plan.App.ID, s.plan.Release.Output(), dynomad.OutputLine{Text: words})
	})
}

// deadline is how long the deployment may stand still: the longest that its templates allow, and some patience.
func (s scene) deadline() time.Duration {
	var longest time.Duration
	for _, process := range s.plan.Processes {
		if !process.Scaled() {
			continue
		}
		if u := translator.Settings(process, s.target).Update; u != nil && u.ProgressDeadline != nil {
			longest = max(longest, *u.ProgressDeadline)
		}
	}
	if longest == 0 {
		longest = noDeadline
	}
	return longest + patience
}

// giveUp ends the wait for a deployment that failed. A pending release has failed with it, and the one before it is put
// back in its place; any other keeps what it has, and an event says why it is not what was asked for.
func (p *Platform) giveUp(ctx context.Context, s scene, reason string) error {
	if s.pending() {
		if err := p.fail(ctx, s, reason); err != nil {
			return err
		}
		return p.sync(ctx, s.plan.App.ID)
	}
	s.applied.Settled = true
	return p.Store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.PutApplied(s.applied); err != nil {
			return err
		}
		text := fmt.Sprintf("Some dynos of %s do not come up: %s", s.plan.Release.Version, oneLine(because(reason)))
		return p.tell(tx, s.plan.App, dynomad.Actor{}, text)
	})
}

// succeed ends the wait for a deployment that is done, and with it a pending release: types that it has no more leave the
// formation.
func (p *Platform) succeed(ctx context.Context, s scene) error {
	s.applied.Settled = true
	return p.Store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.PutApplied(s.applied); err != nil {
			return err
		}
		return p.end(tx, s, dynomad.ReleaseSucceeded, "")
	})
}

// fail ends a pending release that cannot run, with the reason in words. The release before it is current again.
func (p *Platform) fail(ctx context.Context, s scene, reason string) error {
	reason = because(reason)
	return p.Store.Update(ctx, func(tx *store.Tx) error {
		if s.registered() {
			s.applied.Settled = true
			if err := tx.PutApplied(s.applied); err != nil {
				return err
			}
		}
		if err := p.end(tx, s, dynomad.ReleaseFailed, reason); err != nil {
			return err
		}
		return tx.ReviseApp(s.plan.App.ID, p.now())
	})
}

// end writes how a pending release ended; one that has ended otherwise meanwhile stays as it is.
func (p *Platform) end(tx *store.Tx, s scene, status dynomad.ReleaseStatus, reason string) error {
	r, err := tx.Release(s.plan.Release.ID)
	if err != nil || r.Status != dynomad.ReleasePending {
		return err
	}
	r.Status, r.Reason, r.UpdatedAt = status, reason, p.now()
	if err := tx.PutRelease(r); err != nil {
		return err
	}
	if err := trim(tx, r.App); err != nil {
		return err
	}
	if status == dynomad.ReleaseSucceeded {
		return tx.AddOutput(r.App, r.Output(), dynomad.OutputLine{Text: r.Version.String() + " is live", Last: true})
	}
	text := fmt.Sprintf("Release %s failed: %s", r.Version, oneLine(reason))
	if err := tx.AddOutput(r.App, r.Output(), dynomad.OutputLine{Text: text, Last: true}); err != nil {
		return err
	}
	return p.tell(tx, s.plan.App, dynomad.Actor{}, text)
}

func because(reason string) string {
	if reason == "" {
		return "Nomad gave its deployment up without a reason"
	}
	return reason
}

// progress is how far a deployment is, in words: "web: 1 of 2 dynos up", and what stands in its way, if anything does.
func progress(d translator.Deployment) string {
	var parts []string
	for _, t := range slices.Sorted(maps.Keys(d.Progress)) {
		if of := d.Progress[t]; of.Wanted > 0 {
			parts = append(parts, fmt.Sprintf("%s: %d of %d dynos up", t, of.Healthy, of.Wanted))
		}
	}
	words := strings.Join(parts, ", ")
	if d.Reason != "" {
		words += " (" + oneLine(d.Reason) + ")"
	}
	return words
}
