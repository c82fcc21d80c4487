package store

import (
	"strconv"

	"github.com/dynomad/dynomad"
)

// Config reads and opens one version of an app's config values. Version 0 is the empty config that every app begins with.
func (tx *Tx) Config(app dynomad.AppID, version int64) (dynomad.Config, error) {
	if version == 0 {
		return dynomad.Config{}, nil
	}
	sealed, err := one(tx, scanString, "config version", strconv.FormatInt(version, 10),
		`SELECT sealed FROM configs WHERE app_id = $1 AND version = $2`, app, version)
	if err != nil {
		return nil, err
	}
	return tx.seal.openConfig(app, version, sealed)
}

// AddConfig seals and writes values as the app's next version, from 1, and tells which that is.
func (tx *Tx) AddConfig(app dynomad.AppID, values dynomad.Config) (int64, error) {
	version, err := one(tx, scanInt, "app", string(app), `SELECT COALESCE(MAX(version), 0) + 1 FROM configs WHERE app_id = $1`, app)
	if err != nil {
		return 0, err
	}
	sealed, err := tx.seal.sealConfig(app, version, values)
	if err != nil {
		return 0, err
	}
	return version, tx.put(`INSERT INTO configs (app_id, version, sealed) VALUES ($1, $2, $3)`, app, version, sealed)
}
