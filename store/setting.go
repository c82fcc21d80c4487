package store

// Setting reads one value that belongs to the platform as a whole, such as the hash of the first administrator's invitation.
func (tx *Tx) Setting(name string) (string, error) {
	return one(tx, scanString, "setting", name, `SELECT value FROM settings WHERE name = $1`, name)
}

// PutSetting writes it.
func (tx *Tx) PutSetting(name, value string) error {
	return tx.put(`INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
		name, value)
}

// DeleteSetting removes it; a name that is not there is no error.
func (tx *Tx) DeleteSetting(name string) error {
	return tx.put(`DELETE FROM settings WHERE name = $1`, name)
}

func scanString(r row) (s string, err error) {
	err = r.Scan(&s)
	return s, err
}

func scanInt(r row) (n int64, err error) {
	err = r.Scan(&n)
	return n, err
}
