package translator

import (
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/nomad/api"
)

// Here, and nowhere else, stands what Nomad's drivers do differently.
//
//	           where it runs        what keeps it apart
//	docker     the stack image,     a user without rights, no capabilities, no way to gain any; a process with an image of
//	           or its own           its own is what the image says, and gains no privileges either
//	exec       folders of the       a user without rights, no capabilities, the machine's folders read-only
//	           machine, read-only
//	raw_exec   the machine          nothing
//
// A driver's configuration is read once more on the client, as an HCL template: ${HOME} would be filled in, %{ would kill the task
// and decomposed letters would be composed. So a command does not stand in it but in a file (see task.go), and what has to
// is escaped.

const (
	shell   = "/bin/sh"
	taskDir = "${NOMAD_TASK_DIR}/" // where the task's local/ is: the drivers disagree, and Nomad fills it in
	home    = "app"                // in it, the folder of the slug

	// nobody is the user without rights as a number: an own image may not know the name.
	nobody = "65534"
)

// config is the driver's configuration for a dyno.
func config(p *process) map[string]any {
	out := map[string]any{}
	switch {
	case p.Exec == nil && p.target.Driver == docker:
		out["entrypoint"], out["args"] = []string{shell}, start(p) // whatever the image would run
	case p.Exec == nil:
		out["command"], out["args"] = shell, start(p)
	case len(p.Exec) > 0:
		exec(p, out)
	}
	if p.target.Driver == docker {
		containerize(p, out)
	}
	if p.target.Driver == isolate {
		out["cap_drop"] = []string{"all"}
	}
	return out
}

// start is what the shell is told: the script that every dyno starts under, with the signal by which it will be told to
// end, the folder of the slug, and how long it may take and then take to end, in seconds.
func start(p *process) []string {
	args := []string{taskDir + initFile, strings.TrimPrefix(p.Kill.Signal, "SIG")}
	folder := home
	if p.Image != "" {
		folder = "" // it starts where the image says
	}
	if folder != "" || p.Timeout > 0 {
		args = append(args, folder)
	}
	if p.Timeout > 0 {
		args = append(args, seconds(p.Timeout), seconds(p.Kill.Timeout))
	}
	return args
}

// seconds is a time as sleep takes it, rounded up.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

// exec is a program without a shell. In a slug it starts in the slug's folder, and a path without a slash in front begins
// there. In an image what the image's own entrypoint does with it is the image's affair, as with `docker run IMAGE …`.
func exec(p *process, config map[string]any) {
	words := make([]string, len(p.Exec))
	for i, word := range p.Exec {
		words[i] = literal.Replace(word)
	}
	if inSlug(p) {
		if strings.Contains(words[0], "/") && !path.IsAbs(words[0]) {
			words[0] = taskDir + path.Join(home, words[0])
		}
		config["work_dir"] = taskDir + home
	}
	config["command"] = words[0]
	if len(words) > 1 {
		config["args"] = words[1:]
	}
}

// literal escapes what the client would read in a driver's configuration.
var literal = strings.NewReplacer("${", "$${", "%{", "%%{")

// inSlug says whether there is a slug, in whose folder a process starts.
func inSlug(p *process) bool { return p.Image == "" && p.blueprint.Slug.URL != "" }

// containerize is what a container has beside its program.
func containerize(p *process, config map[string]any) {
	config["image"] = p.Image
	if p.Image == "" {
		config["image"] = p.target.Docker.Image
		if len(p.target.Docker.CapDrop) > 0 {
			config["cap_drop"] = p.target.Docker.CapDrop
		}
	}
	config["security_opt"] = []string{"no-new-privileges"}
	if p.Service {
		config["ports"] = []string{portLabel}
	}
	if p.Exec != nil {
		config["init"] = true // so that signals reach a program without handlers: as process 1 it would be shielded from them
	}
}

// confine gives a dyno's task the user and the folders with which its driver keeps it apart.
func confine(p *process, task *api.Task) {
	switch {
	case p.target.Driver == isolate:
		mountSystem(p.target, task)
	case p.target.Driver == docker && p.Image == "":
		task.User = p.target.Docker.User
	}
}

// mountSystem shows a task the machine's own folders, read-only.
func mountSystem(t *Target, task *api.Task) {
	task.User = t.Exec.User
	for _, name := range t.Exec.Volumes {
		task.VolumeMounts = append(task.VolumeMounts, &api.VolumeMount{
			Volume:      new(name),
			Destination: new("/" + name),
			ReadOnly:    new(true),
		})
	}
}

// attend gives the log sidecar its program. Under docker that is one file without needs, so it runs in whatever image is on
// the client already: the stack image, or else the dyno's own. It is ours, and where logplex is on the same machine only the
// machine's own network leads there.
func attend(p *process, task *api.Task) {
	task.Config = map[string]any{}
	switch p.target.Driver {
	case docker:
		image := p.target.Docker.Image
		if image == "" {
			image = p.Image
		}
		task.User = nobody
		task.Config["image"] = image
		task.Config["entrypoint"] = []string{taskDir + agentName}
		task.Config["network_mode"] = "host"
		task.Config["cap_drop"] = []string{"all"}
		task.Config["security_opt"] = []string{"no-new-privileges"}
	case isolate:
		task.Config["command"] = agentFile
		task.Config["cap_drop"] = []string{"all"}
		mountSystem(p.target, task)
	default:
		task.Config["command"] = agentFile
	}
}
