package platform

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
	"github.com/dynomad/dynomad/translator"
)

// draft is what a new release joins.
type draft struct {
	slug        dynomad.SlugID // "": nothing to run yet
	config      int64
	description string
}

// release writes an app's next release with its events. It is pending until Settle has seen it run; one that runs nothing
// has succeeded at once. Whichever release was pending before is overtaken.
func (p *Platform) release(tx *store.Tx, actor dynomad.Actor, app dynomad.App, d draft) (r dynomad.Release, err error) {
	last, err := tx.LastVersion(app.ID)
	if err != nil {
		return r, err
	}
	target, err := p.keepTarget(tx)
	if err != nil {
		return r, err
	}
	r = dynomad.Release{
		ID: dynomad.ReleaseID(p.NewID()), App: app.ID, Version: last + 1, Slug: d.slug, Config: d.config, Target: target,
		User: actor.User, UserEmail: actor.Email, Description: d.description, Status: dynomad.ReleasePending, Current: true,
		CreatedAt: p.now(), UpdatedAt: p.now(),
	}
	if err := p.overtake(tx, app, r.Version); err != nil {
		return r, err
	}
	first := dynomad.OutputLine{Text: r.Version.String() + ": " + r.Description}
	if r.Slug == "" {
		r.Status, first.Last = dynomad.ReleaseSucceeded, true
	}
	if err := tx.PutRelease(r); err != nil {
		return r, err
	}
	if err := tx.AddOutput(app.ID, r.Output(), first); err != nil {
		return r, err
	}
	if err := p.offer(tx, r); err != nil {
		return r, err
	}
	if err := tx.ReviseApp(app.ID, r.CreatedAt); err != nil {
		return r, err
	}
	if err := p.tell(tx, app, actor, d.description+" by "+actor.Email); err != nil {
		return r, err
	}
	return r, p.tell(tx, app, actor, fmt.Sprintf("Release %s created by %s", r.Version, actor.Email))
}

// keepTarget keeps today's Target for the release, which runs with it for life.
func (p *Platform) keepTarget(tx *store.Tx) (digest string, err error) {
	body, err := json.Marshal(p.Target)
	if err != nil {
		return "", fmt.Errorf("encode the target: %w", err)
	}
	sum := sha256.Sum256(body)
	digest = hex.EncodeToString(sum[:])
	return digest, tx.PutTarget(digest, body)
}

func (p *Platform) overtake(tx *store.Tx, app dynomad.App, by dynomad.Version) error {
	pending, err := tx.PendingReleases(app.ID)
	if err != nil {
		return err
	}
	for _, r := range pending {
		r.Status, r.Reason, r.UpdatedAt = dynomad.ReleaseExpired, "overtaken by "+by.String(), p.now()
		if err := tx.PutRelease(r); err != nil {
			return err
		}
		line := dynomad.OutputLine{Text: fmt.Sprintf("%s was overtaken by %s", r.Version, by), Last: true}
		if err := tx.AddOutput(app.ID, r.Output(), line); err != nil {
			return err
		}
	}
	return nil
}

// offer adds the release's new process types to the formation. Types that it has no more stay until it has succeeded:
// until then the release before it may have to run again, as it was.
func (p *Platform) offer(tx *store.Tx, r dynomad.Release) error {
	if r.Slug == "" {
		return nil
	}
	slug, err := tx.Slug(r.Slug)
	if err != nil {
		return err
	}
	formation, err := tx.Formation(r.App)
	if err != nil {
		return err
	}
	return tx.PutFormation(r.App, sorted(p.offering(formation, slug.Processes, r.CreatedAt)))
}

// offering is a formation with those types added that the processes bring along.
func (p *Platform) offering(formation dynomad.Formation, processes []dynomad.Process, now time.Time) dynomad.Formation {
	for _, process := range processes {
		if _, ok := entry(formation, process.Type); !ok && process.Scaled() {
			formation = append(formation, dynomad.FormationEntry{
				ID: p.NewID(), Type: process.Type, Quantity: firstQuantity(process, p.Target),
				CreatedAt: now, UpdatedAt: now,
			})
		}
	}
	return formation
}

// trim takes those types out of an app's formation that the release which should be running does not have.
func trim(tx *store.Tx, app dynomad.AppID) error {
	plan, err := tx.Blueprint(app)
	if err != nil {
		return err
	}
	return tx.PutFormation(app, offered(plan.Formation, plan.Processes))
}

// firstQuantity is how many dynos a type gets when it is deployed for the first time: what its manifest or the template
// says, else one web dyno and none of the others.
func firstQuantity(process dynomad.Process, target translator.Target) int {
	if n := translator.Settings(process, target).Quantity; n != nil {
		return min(max(*n, 0), dynomad.MaxQuantity)
	}
	if process.Type == dynomad.Web {
		return 1
	}
	return 0
}

func entry(f dynomad.Formation, t dynomad.ProcessType) (dynomad.FormationEntry, bool) {
	i := slices.IndexFunc(f, func(e dynomad.FormationEntry) bool { return e.Type == t })
	if i < 0 {
		return dynomad.FormationEntry{}, false
	}
	return f[i], true
}

// offered is the part of a formation whose types the processes have, and have dynos of.
func offered(f dynomad.Formation, processes []dynomad.Process) dynomad.Formation {
	has := func(t dynomad.ProcessType) bool {
		return slices.ContainsFunc(processes, func(p dynomad.Process) bool { return p.Type == t && p.Scaled() })
	}
	return slices.DeleteFunc(slices.Clone(f), func(e dynomad.FormationEntry) bool { return !has(e.Type) })
}

func sorted(f dynomad.Formation) dynomad.Formation {
	return slices.SortedFunc(slices.Values(f), func(a, b dynomad.FormationEntry) int {
		return strings.Compare(string(a.Type), string(b.Type))
	})
}

// since is how long ago t was, for deadlines.
func (p *Platform) since(t time.Time) time.Duration { return p.now().Sub(t) }
