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
	return VariablePrefix(app) + Group(t) + "/" + Task(v)
}

// VariablePrefix begins the path of every variable of an app, and of no other app's.
func VariablePrefix(app dynomad.AppName) string { return "nomad/jobs/" + JobID(app) + "/" }
