package translator

import "github.com/dynomad/dynomad"

// BesidePrefix begins the id of every job beside an app's own, its crons and runs, and of no other app's: "hello~".
func BesidePrefix(app dynomad.AppName) string { return JobID(app) + aside }

// CronPrefix begins the id of every cron job of an app, and of the jobs that Nomad makes of one each time it is due.
func CronPrefix(app dynomad.AppName) string { return BesidePrefix(app) + cronSign }

// OwnerOf is the app that a job belongs to, be it the app's own, a cron, or a run of either. False for a job of nobody's.
func OwnerOf(jobID string) (dynomad.AppName, bool) {
	app, _, ours := DynoIn(jobID, "", 0)
	return app, ours
}
