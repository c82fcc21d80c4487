package store

import "github.com/dynomad/dynomad"

const domainColumns = `id, app_id, hostname, created_at, updated_at`

func scanDomain(r row) (d dynomad.Domain, err error) {
	err = r.Scan(&d.ID, &d.App, &d.Hostname, (*instant)(&d.CreatedAt), (*instant)(&d.UpdatedAt))
	return d, err
}

// Domains reads an app's domains, by host name.
func (tx *Tx) Domains(app dynomad.AppID) ([]dynomad.Domain, error) {
	return all(tx, scanDomain, `SELECT `+domainColumns+` FROM domains WHERE app_id = $1 ORDER BY hostname`, app)
}

// DomainByHostname reads the domain of exactly this host name, whichever app has it.
func (tx *Tx) DomainByHostname(hostname string) (dynomad.Domain, error) {
	return one(tx, scanDomain, "domain", hostname, `SELECT `+domainColumns+` FROM domains WHERE hostname = $1`, hostname)
}

// PutDomain writes a domain. A host name that is another domain's is a Conflict.
func (tx *Tx) PutDomain(d dynomad.Domain) error {
	return tx.put(`INSERT INTO domains (`+domainColumns+`) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id) DO UPDATE SET hostname = excluded.hostname, updated_at = excluded.updated_at`,
		d.ID, d.App, d.Hostname, instant(d.CreatedAt), instant(d.UpdatedAt))
}

// DeleteDomain removes a domain; one that is not there is no error.
func (tx *Tx) DeleteDomain(id string) error {
	return tx.put(`DELETE FROM domains WHERE id = $1`, id)
}
