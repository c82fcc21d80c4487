package platform

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
	"github.com/dynomad/dynomad/translator"
)

// NewSlug is a slug made by the caller instead of a build (Heroku's slug API).
type NewSlug struct {
	Processes map[dynomad.ProcessType]string
	Commit    string
}

var processType = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// CreateSlug makes a slug whose tarball the caller uploads to the URL that Links.SlugPut makes of its Key, before it
// releases the slug.
func (p *Platform) CreateSlug(ctx context.Context, actor dynomad.Actor, ref string, s NewSlug) (slug dynomad.Slug, err error) {
	processes, err := s.processes()
	if err != nil {
		return slug, err
	}
	_, err = p.edit(ctx, actor, ref, func(tx *store.Tx, app dynomad.App) error {
		id := p.NewID()
		key := "slugs/" + id + ".tar.gz"
		slug = dynomad.Slug{
			ID: dynomad.SlugID(id), App: app.ID, Key: key, URL: p.Links.SlugGet(key), Commit: s.Commit, Processes: processes,
			CreatedAt: p.now(), UpdatedAt: p.now(),
		}
		return tx.PutSlug(slug)
	})
	return slug, err
}

func (s NewSlug) processes() ([]dynomad.Process, error) {
	var list []dynomad.Process
	for _, t := range slices.Sorted(maps.Keys(s.Processes)) {
		command := s.Processes[t]
		if !processType.MatchString(string(t)) || len(t) > translator.MaxTypeLength {
			return nil, dynomad.Errorf(dynomad.KindInvalid, "%q is not a process type", string(t)).
				WithHint("use letters, digits, dashes and underscores, at most %d", translator.MaxTypeLength)
		}
		if strings.TrimSpace(command) == "" {
			return nil, dynomad.Errorf(dynomad.KindInvalid, "the process type %s has no command", t)
		}
		list = append(list, dynomad.Process{Type: t, Command: command})
	}
	if len(list) == 0 {
		return nil, dynomad.Errorf(dynomad.KindInvalid, "a slug needs at least one process type").
			WithHint(`for example {"process_types": {"web": "./server"}}`)
	}
	return list, nil
}

// Slug tells one of an app's slugs.
func (p *Platform) Slug(ctx context.Context, actor dynomad.Actor, ref string, id dynomad.SlugID) (slug dynomad.Slug, err error) {
	_, err = p.view(ctx, actor, ref, func(tx *store.Tx, app dynomad.App) error {
		slug, err = findSlug(tx, app, id)
		return err
	})
	return slug, err
}

// checkedSlug finds a slug to release. What the caller has uploaded himself is judged at its first release: until then
// nobody has looked into it.
func (p *Platform) checkedSlug(ctx context.Context, actor dynomad.Actor, ref string, id dynomad.SlugID) (dynomad.Slug, error) {
	slug, err := p.Slug(ctx, actor, ref, id)
	if err != nil || slug.SHA256 != "" {
		return slug, err
	}
	checked, err := p.Builder.Check(ctx, slug.Key)
	if err != nil {
		return slug, err
	}
	slug.SHA256, slug.Size, slug.UpdatedAt = checked.SHA256, checked.Size, p.now()
	return slug, p.Store.Update(ctx, func(tx *store.Tx) error { return tx.PutSlug(slug) })
}

func findSlug(tx *store.Tx, app dynomad.App, id dynomad.SlugID) (dynomad.Slug, error) {
	slug, err := tx.Slug(id)
	if dynomad.KindOf(err) == dynomad.KindNotFound || err == nil && slug.App != app.ID {
		return dynomad.Slug{}, dynomad.Errorf(dynomad.KindNotFound, "%s has no slug %q", app.Name, string(id))
	}
	return slug, err
}
