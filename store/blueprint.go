package store

import "github.com/dynomad/dynomad"

// Blueprint reads all that decides what should be running for an app. Where no release can run, it has no processes.
func (tx *Tx) Blueprint(id dynomad.AppID) (dynomad.Blueprint, error) {
	var b dynomad.Blueprint
	var err error
	if b.App, err = tx.App(id); err != nil {
		return b, err
	}
	if b.Formation, err = tx.Formation(id); err != nil {
		return b, err
	}
	if b.Domains, err = tx.Domains(id); err != nil {
		return b, err
	}
	b.Release, err = tx.CurrentRelease(id)
	if dynomad.KindOf(err) == dynomad.KindNotFound {
		return b, nil
	}
	if err != nil {
		return b, err
	}
	if b.Config, err = tx.Config(id, b.Release.Config); err != nil {
		return b, err
	}
	if b.Release.Slug == "" {
		return b, nil
	}
	if b.Slug, err = tx.Slug(b.Release.Slug); err != nil {
		return b, err
	}
	b.Processes = b.Slug.Processes
	return b, nil
}
