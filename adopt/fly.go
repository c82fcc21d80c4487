package adopt

import (
	"fmt"
	"slices"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/source/tree"
)

const flyFile = "fly.toml"

// flyDefault is the process group of an app that names none.
const flyDefault = "app"

// Fly makes of each process group of a fly.toml a process. With a [build] image they run it; without, their commands run in the
// app's own source, which is deployed with everything built in it.
func Fly(src []byte) (Files, dynomad.Problems) {
	root, problems := tree.TOML(flyFile, src)
	if problems.Err() != nil {
		return Files{}, problems
	}
	f := &flier{importer: importer{file: flyFile, problems: problems}, env: map[string]string{}, listens: map[dynomad.ProcessType]tree.Node{}, index: map[string]int{}}
	f.build(root.Get("build"))
	f.groups(root.Get("processes"))
	f.table("the file", root, f.taken(), flyInstead)
	f.share()
	if f.problems.Err() == nil {
		f.route(f.listens)
	}
	return f.finish("Made of a fly.toml. What had no counterpart was named when it was made.")
}

// flier reads a fly.toml.
type flier struct {
	importer
	image       *string
	env         map[string]string
	killSignal  *string
	killTimeout *time.Duration
	release     *dynomad.Process
	listens     map[dynomad.ProcessType]tree.Node // where the file says so
	index       map[string]int                    // of a group in processes
}

const (
	flyEdge  = "the edge speaks HTTP, terminates TLS where the operator has certificates, and passes every request on"
	flySleep = "dynos run until they are scaled down: quantity says how many there are at the first deploy"
)

// flyInstead is what to do about keys of the file that are not taken over.
var flyInstead = map[string]string{
	"primary_region":  `affinity { attribute = "${node.datacenter}" value = "…" } says where it had better run`,
	"console_command": "`dynomad run COMMAND`", "swap_size_mb": "say more memory", "statics": "let the app serve its files",
	"metrics": "dynos can be found in Consul, where Prometheus finds them", "files": "keep the files in the source or in the image",
	"checks":  "a process has one check: see check in the manifest reference",
	"restart": "a dyno that ends is started anew; see restart in the manifest reference", "experimental": "see exec in the manifest reference",
	"host_dedication_key": "a constraint on ${node.class} finds machines of the kind",
}

func (f *flier) taken() taken {
	return taken{
		"app": ignored, "build": ignored, "processes": ignored,
		"env": func(_, n tree.Node) {
			for _, p := range n.Pairs {
				f.importer.env(p.Key, f.env, p.Key.Text, p.Value.Text)
			}
		},
		"kill_signal":  func(_, n tree.Node) { f.killSignal = f.signal(n) },
		"kill_timeout": func(_, n tree.Node) { f.killTimeout = f.duration(n, "kill_timeout", time.Second) },
		"deploy":       func(_, n tree.Node) { f.deploy(n) },
		"http_service": func(key, n tree.Node) { f.service(key, n, "http_service", true) },
		"services":     func(key, n tree.Node) { each(n, func(n tree.Node) { f.service(key, n, "services", routed(n)) }) },
		"mounts":       func(_, n tree.Node) { each(n, f.mounts) },
		"vm":           func(_, n tree.Node) { each(n, f.machine) },
	}
}

// each is what a key stands for that may be one table or a list of them.
func each(n tree.Node, do func(tree.Node)) {
	if n.Kind != tree.List {
		do(n)
		return
	}
	for _, item := range n.Items {
		do(item)
	}
}

func (f *flier) build(n tree.Node) {
	const built = "push the image and name it by image, or deploy the source with everything built in it"
	f.table("build", n, taken{"image": func(_, n tree.Node) { f.image = &n.Text }}, map[string]string{
		"dockerfile": built, "builder": built, "builtin": built, "buildpacks": built, "args": built, "settings": built, "ignorefile": built,
		"build-target": built, "docker_build_target": built, "compression": built,
	})
}

func (f *flier) groups(n tree.Node) {
	if len(n.Pairs) == 0 {
		f.group(tree.Node{Kind: tree.Text, Text: flyDefault, File: flyFile}, tree.Node{})
	}
	for _, p := range n.Pairs {
		f.group(p.Key, p.Value)
	}
}

func (f *flier) group(key, n tree.Node) {
	p := dynomad.Process{Type: f.typeName(key, key.Text), Settings: dynomad.Settings{Quantity: new(1), Image: f.image}}
	words := f.words(n, "processes."+key.Text, plainText)
	switch {
	case f.image != nil:
		p.Settings.Exec = append([]string{}, words...)
	case n.Text != "":
		p.Command = n.Text
		if shell := commandOf(words); len(words) == 3 && shell != join(words) {
			p.Command = shell
		}
	default:
		f.warn(key, fmt.Sprintf("%s is left out: only its Dockerfile says what it runs", key.Text),
			"write a Procfile with a line such as web: ./server, or push the image and name it in [build] by image")
		f.index[key.Text] = -1
		return
	}
	f.index[key.Text] = len(f.processes)
	f.processes = append(f.processes, p)
}

// of are the processes that a table is about: those that it names, else all.
func (f *flier) of(n tree.Node) []*dynomad.Process {
	var out []*dynomad.Process
	named := n.Get("processes")
	for _, item := range named.Items {
		i, known := f.index[item.Text]
		switch {
		case !known:
			f.warn(item, fmt.Sprintf("there is no process group %q", item.Text), "see [processes]")
		case i >= 0:
			out = append(out, &f.processes[i])
		}
	}
	if len(named.Items) == 0 {
		for i := range f.processes {
			out = append(out, &f.processes[i])
		}
	}
	return out
}

func (f *flier) deploy(n tree.Node) {
	var timeout *time.Duration
	f.table("deploy", n, taken{
		"release_command": func(_, n tree.Node) {
			f.release = &dynomad.Process{Type: dynomad.ReleasePhase, Command: n.Text, Settings: dynomad.Settings{Image: f.image}}
			if f.image != nil {
				f.release.Command, f.release.Settings.Exec = "", f.words(n, "deploy.release_command", plainText)
			}
		},
		"release_command_timeout": func(_, n tree.Node) { timeout = f.duration(n, "deploy.release_command_timeout", time.Second) },
	}, map[string]string{
		"strategy":     "surge = true starts a second set beside the first, surge = false replaces one after the other",
		"wait_timeout": "see update in the manifest reference", "max_unavailable": "see surge and update in the manifest reference",
		"release_command_vm": "process \"release\" { size = \"…\" }",
	})
	if f.release != nil {
		f.release.Settings.Timeout = timeout
	}
}

// routed says whether a service's handlers speak HTTP.
func routed(n tree.Node) bool {
	for _, port := range n.Get("ports").Items {
		for _, handler := range port.Get("handlers").Items {
			if handler.Text == "http" {
				return true
			}
		}
	}
	return false
}

func (f *flier) service(key, n tree.Node, name string, http bool) {
	if n.Line == 0 {
		n.Line = key.Line
	}
	port := n.Get("internal_port")
	var check *dynomad.Check
	checks := func(kind string) func(_, n tree.Node) {
		return func(_, n tree.Node) { each(n, func(n tree.Node) { check = f.check(n, name, kind, check) }) }
	}
	f.table(name, n, taken{
		"internal_port": ignored, "processes": ignored, "protocol": ignored, "ports": ignored,
		"checks": checks("http"), "http_checks": checks("http"), "tcp_checks": checks("tcp"),
	}, map[string]string{
		"force_https": flyEdge, "tls_options": flyEdge, "http_options": flyEdge, "concurrency": flyEdge,
		"auto_stop_machines": flySleep, "auto_start_machines": flySleep, "min_machines_running": flySleep,
	})
	if n.Get("protocol").Text == "udp" {
		f.warn(n, name+" listens for UDP, which is not taken over", "a network block in a nomad block of the process can")
		return
	}
	number := new(8080) // Fly's
	if port.Kind != tree.Absent {
		number = f.number(port, name+".internal_port", 1, 65535)
	}
	for _, p := range f.of(n) {
		f.listen(p, n, name, number, check, http)
	}
}

func (f *flier) listen(p *dynomad.Process, n tree.Node, name string, port *int, check *dynomad.Check, http bool) {
	if p.Settings.Service != nil {
		f.warn(n, fmt.Sprintf("%s: a further port of %s is not taken over: a process has one", name, p.Type), "further ones can stand in a network block of its nomad block")
		return
	}
	p.Settings.Service, p.Settings.Check = new(true), check
	if p.Settings.Port = port; p.Settings.Image == nil {
		p.Settings.Port = nil
		f.warn(n, fmt.Sprintf("%s has to listen on $PORT", p.Type), "Nomad chooses the port of what runs in the app's own source")
	}
	if http {
		f.listens[p.Type] = n
	} else {
		f.warn(n, fmt.Sprintf("%s: %s gets no requests from outside: its service does not speak HTTP", name, p.Type),
			"other processes find it in Consul as APP-TYPE")
	}
}

// check takes over the first check, and names the others.
func (f *flier) check(n tree.Node, name, kind string, before *dynomad.Check) *dynomad.Check {
	if before != nil {
		f.warn(n, name+": a further check is not taken over: a process has one", "leave the one that says most")
		return before
	}
	check := &dynomad.Check{Kind: &kind}
	if kind == "http" {
		check.Path = new("/")
	}
	f.table(name+": check", n, taken{
		"interval":     func(_, n tree.Node) { check.Interval = f.duration(n, name+": interval", time.Millisecond) },
		"timeout":      func(_, n tree.Node) { check.Timeout = f.duration(n, name+": timeout", time.Millisecond) },
		"grace_period": func(_, n tree.Node) { check.Grace = f.duration(n, name+": grace_period", time.Millisecond) },
		"path":         func(_, n tree.Node) { check.Path = &n.Text },
		"method":       f.only("GET", "get"), "protocol": f.only("http"), "type": ignored, "restart_limit": f.only("0"), "tls_skip_verify": f.only("false"),
	}, map[string]string{"headers": "let the path answer without them"})
	return check
}

// only reads a value of which the first alone is what happens here.
func (f *flier) only(same ...string) func(key, n tree.Node) {
	return func(key, n tree.Node) {
		if !slices.Contains(same, n.Text) {
			f.warn(key, fmt.Sprintf("the %s %s of a check is not taken over", key.Text, n.Text), "a check here asks by GET over HTTP, and does not start a dyno anew; see check in the manifest reference")
		}
	}
}

// share gives every process what the file says of all, and adds the release phase.
func (f *flier) share() {
	if f.release != nil {
		f.processes = append(f.processes, *f.release)
	}
	for i := range f.processes {
		p := &f.processes[i]
		if len(f.env) > 0 {
			p.Settings.Env = f.env
		}
		p.Settings.KillSignal, p.Settings.KillTimeout = f.killSignal, f.killTimeout
	}
}
