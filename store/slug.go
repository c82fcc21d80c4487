package store

import (
	"fmt"

	"github.com/dynomad/dynomad"
)

const slugColumns = `id, app_id, object_key, url, sha256, size, commit_hash, image, processes, domains, overlay, created_at, updated_at`

// processRow is a dynomad.Process in the JSON of a slug's row.
type processRow struct {
	Type     dynomad.ProcessType `json:"type"`
	Command  string              `json:"command"`
	Settings dynomad.Settings    `json:"settings"`
}

func scanSlug(r row) (s dynomad.Slug, err error) {
	var rows []processRow
	if err := r.Scan(&s.ID, &s.App, &s.Key, &s.URL, &s.SHA256, &s.Size, &s.Commit, &s.Image,
		text{&rows}, text{&s.Domains}, text{&s.Overlay}, (*instant)(&s.CreatedAt), (*instant)(&s.UpdatedAt)); err != nil {
		return s, fmt.Errorf("read the slug %s: %w", s.ID, err)
	}
	for _, p := range rows {
		s.Processes = append(s.Processes, dynomad.Process(p))
	}
	return s, nil
}

// Slug reads a slug by id.
func (tx *Tx) Slug(id dynomad.SlugID) (dynomad.Slug, error) {
	return one(tx, scanSlug, "slug", string(id), `SELECT `+slugColumns+` FROM slugs WHERE id = $1`, id)
}

// Slugs reads an app's slugs, oldest first.
func (tx *Tx) Slugs(app dynomad.AppID) ([]dynomad.Slug, error) {
	return all(tx, scanSlug, `SELECT `+slugColumns+` FROM slugs WHERE app_id = $1 ORDER BY created_at, id`, app)
}

// PutSlug writes a slug.
func (tx *Tx) PutSlug(s dynomad.Slug) error {
	rows := make([]processRow, len(s.Processes))
	for i, p := range s.Processes {
		rows[i] = processRow(p)
	}
	return tx.put(`INSERT INTO slugs (`+slugColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT (id) DO UPDATE SET object_key = excluded.object_key, url = excluded.url, sha256 = excluded.sha256,
			size = excluded.size, commit_hash = excluded.commit_hash, image = excluded.image, processes = excluded.processes,
			domains = excluded.domains, overlay = excluded.overlay, updated_at = excluded.updated_at`,
		s.ID, s.App, s.Key, s.URL, s.SHA256, s.Size, s.Commit, s.Image,
		text{rows}, text{s.Domains}, text{s.Overlay}, instant(s.CreatedAt), instant(s.UpdatedAt))
}
