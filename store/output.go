package store

import "github.com/dynomad/dynomad"

func scanLine(r row) (l dynomad.OutputLine, err error) {
	err = r.Scan(&l.Seq, &l.Text, &l.Last)
	return l, err
}

// Output reads the lines of an output that come after number after, in order. An output that was never written has none.
func (tx *Tx) Output(id dynomad.OutputID, after int64) ([]dynomad.OutputLine, error) {
	return all(tx, scanLine, `SELECT seq, text, last FROM outputs WHERE id = $1 AND seq > $2 ORDER BY seq`, id, after)
}

// AddOutput writes a line behind the ones that are there, and gives it its number, from 1. What comes after a last line is
// left out, so that an output ends once.
func (tx *Tx) AddOutput(app dynomad.AppID, id dynomad.OutputID, l dynomad.OutputLine) error {
	return tx.put(`INSERT INTO outputs (id, seq, app_id, text, last)
		SELECT $1, (SELECT COALESCE(MAX(seq), 0) + 1 FROM outputs WHERE id = $1), $2, $3, CAST($4 AS BOOLEAN)
		WHERE NOT EXISTS (SELECT 1 FROM outputs WHERE id = $1 AND last)`, id, app, l.Text, l.Last)
}
