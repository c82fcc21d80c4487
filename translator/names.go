package translator

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"

	"github.com/dynomad/dynomad"
)

// Every name that Nomad and Consul know is made here, and read back here. Nothing else may build or take apart one.
//
//	app hello                 job      hello
//	process type web          group    web
//	release v12               task     v12          (the main one of its group)
//	dyno web.1                alloc    hello.web[0]
//	routed type web           service  hello-web
//	config of web in v12      variable nomad/jobs/hello/web/v12
//	run run.1234              job      hello~run-1234, its group run, its dyno run.1234
//	release phase of v12      job      hello~release-12, its group release, its dyno release.12
//	cron nightly              job      hello~cron-nightly, its group cron, its dyno nightly.1
//	config of run.1234        variable nomad/jobs/hello~run-1234/run/v12

// SidecarTask names the task beside the main one that ships the log. No release can be called this.
const SidecarTask = "agent"

// MaxTypeLength bounds a process type, so that a variable's path stays within the 128 bytes that Nomad allows.
const MaxTypeLength = 63

const maxServiceName = 63 // a DNS label

// JobID is the Nomad job of an app.
func JobID(app dynomad.AppName) string { return string(app) }

// AppOf is the app of a Nomad job, and false for a job id that no app can have.
func AppOf(jobID string) (dynomad.AppName, bool) {
	name := dynomad.AppName(jobID)
	return name, name.Valid() == nil
}

// The tilde is in no app's name and Nomad takes it in the path of a variable, so that no app's job can have the id of a run.
const aside, cronSign = "~", "cron-"

const cronGroup = "cron" // a type's own name twice would be too long for the path of a variable

// RunJobID is the job of a run: "hello~run-1234" of the run "run.1234".
func RunJobID(app dynomad.AppName, run string) string {
	return BesidePrefix(app) + strings.Replace(run, ".", "-", 1)
}

// RunOf reads the id of a run's job: "hello~run-1234" is the run "run.1234" of hello. False for any other job.
func RunOf(jobID string) (app dynomad.AppName, run string, ok bool) {
	name, rest, _ := strings.Cut(jobID, aside)
	group, id, found := strings.Cut(rest, "-")
	app, ours := AppOf(name)
	if !ours || !found || group == cronGroup || ValidRun(group+"."+id) != nil {
		return "", "", false
	}
	return app, group + "." + id, true
}

var runName = regexp.MustCompile(`^[a-z]{1,16}\.[A-Za-z0-9_-]{1,24}$`) // short: both stand in the path of a variable

// ValidRun is nil if a run can have this name: "run.1234", "release.12".
func ValidRun(name string) error {
	if runName.MatchString(name) && !strings.HasPrefix(name, cronGroup+".") {
		return nil
	}
	return dynomad.Errorf(dynomad.KindInvalid, "a run cannot have the name %q", name).
		WithHint("use small letters, a dot and up to 24 letters and digits, such as run.1234")
}

// CronJobID is the periodic job of a cron: "hello~cron-nightly".
func CronJobID(app dynomad.AppName, t dynomad.ProcessType) string {
	return CronPrefix(app) + string(t)
}

// CronOf reads the id of a cron's job, or that of one of the jobs that Nomad makes of it each time it is due. False for any
// other job.
func CronOf(jobID string) (dynomad.AppName, dynomad.ProcessType, bool) {
	jobID, _, _ = strings.Cut(jobID, "/periodic-")
	name, rest, _ := strings.Cut(jobID, aside)
	t, found := strings.CutPrefix(rest, cronSign)
	app, ours := AppOf(name)
	if !ours || !found || t == "" {
		return "", "", false
	}
	return app, dynomad.ProcessType(t), true
}

// DynoIn is the app and the dyno that people know by a job, a group in it and the index, from 0, of one of its allocations:
// web.1, run.1234 or nightly.1. False for a job that is none of ours.
func DynoIn(jobID, group string, index int) (dynomad.AppName, string, bool) {
	if app, ours := AppOf(jobID); ours {
		return app, dynomad.DynoName(TypeOf(group), index+1), true
	}
	if app, run, ours := RunOf(jobID); ours {
		return app, run, true
	}
	if app, t, ours := CronOf(jobID); ours {
		return app, dynomad.DynoName(t, index+1), true
	}
	return "", "", false
}

// Group is the task group of a process type.
func Group(t dynomad.ProcessType) string { return string(t) }

// TypeOf is the process type of a task group.
func TypeOf(group string) dynomad.ProcessType { return dynomad.ProcessType(group) }

// Task is the main task of a release's dynos.
func Task(v dynomad.Version) string { return v.String() }

// VersionOf is the release of a main task, and false for any other task.
func VersionOf(task string) (dynomad.Version, bool) {
	digits, ok := strings.CutPrefix(task, "v")
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || n < 1 || Task(dynomad.Version(n)) != task {
		return 0, false
	}
	return dynomad.Version(n), true
}

// AllocName is what Nomad calls a dyno: "hello.web[0]" for web.1. Nomad counts from 0, people from 1.
func AllocName(app dynomad.AppName, t dynomad.ProcessType, index int) string {
	return JobID(app) + "." + Group(t) + "[" + strconv.Itoa(index-1) + "]"
}

var allocName = regexp.MustCompile(`^([^.]+)\.(.+)\[(0|[1-9][0-9]*)\]$`)

// DynoOf reads an allocation's name: "hello.web[0]" is dyno 1 of type web of app hello. False for any other name.
func DynoOf(name string) (app dynomad.AppName, t dynomad.ProcessType, index int, ok bool) {
	parts := allocName.FindStringSubmatch(name)
	if parts == nil {
		return "", "", 0, false
	}
	n, err := strconv.Atoi(parts[3])
	app, known := AppOf(parts[1])
	if err != nil || !known {
		return "", "", 0, false
	}
	return app, TypeOf(parts[2]), n + 1, true
}

// Service is the Consul service of a process type. Consul's names are DNS labels: small letters, digits and dashes. A
// type that is none is bent into one, with a piece of its digest, so that no two types share a name.
func Service(app dynomad.AppName, t dynomad.ProcessType) string {
	label := strings.ReplaceAll(strings.ToLower(string(t)), "_", "-")
	name := string(app) + "-" + label
	if label == string(t) && len(name) <= maxServiceName && !strings.HasSuffix(name, "-") {
		return name
	}
	digest := sha256.Sum256([]byte(t))
	suffix := "-" + hex.EncodeToString(digest[:4])
	name = name[:min(len(name), maxServiceName-len(suffix))]
	return strings.TrimRight(name, "-") + suffix
}

// VariablePath is where a process type's config values of one release are kept. Nomad lets exactly the main task of that
// release read it, without any policy of ours.
func VariablePath(app dynomad.AppName, t dynomad.ProcessType, v dynomad.Version) string {
	return variablePath(JobID(app), Group(t), v)
}

func variablePath(job, group string, v dynomad.Version) string {
	return "nomad/jobs/" + job + "/" + group + "/" + Task(v)
}

// VariablePrefix begins the path of every variable of an app's own job, and of no other job's.
func VariablePrefix(app dynomad.AppName) string { return "nomad/jobs/" + JobID(app) + "/" }
