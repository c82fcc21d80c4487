package adopt

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/source/tree"
)

const composeFile = "docker-compose.yml"

// Compose makes of each service of a docker-compose.yml a process. A service with an image runs it; one that is built runs its
// command in the app's own source, which is deployed with everything built in it.
//
// Compose fills ${…} in from the environment of whoever runs it. Here its default stands, if it has one. A variable of a service
// that is nothing else becomes a config var, which has to be set.
func Compose(src []byte) (Files, dynomad.Problems) {
	root, problems := tree.YAML(composeFile, src)
	c := &composer{importer: importer{file: composeFile, problems: problems}, listens: map[dynomad.ProcessType]tree.Node{}}
	if problems.Err() != nil {
		return Files{}, problems
	}
	c.table("the file", root, taken{
		"version": ignored, "name": ignored,
		"volumes": func(_, n tree.Node) { c.outer(n) },
		"services": func(_, n tree.Node) {
			for _, p := range n.Pairs {
				c.service(p.Key, p.Value)
			}
		},
	}, composeInstead)
	if c.problems.Err() == nil {
		c.route(c.listens)
	}
	return c.finish("Made of a docker-compose.yml. What had no counterpart was named when it was made.")
}

func ignored(_, _ tree.Node) {}

// composer reads a docker-compose.yml.
type composer struct {
	importer
	listens map[dynomad.ProcessType]tree.Node // where a service says so
}

// composeInstead is what to do about keys of the file that are not taken over.
var composeInstead = map[string]string{
	"networks": "every process reaches every other through Consul: no network has to be declared",
	"secrets":  "set them as config vars: `dynomad config:set NAME=VALUE`",
	"configs":  "keep the files in the source, or their values in config vars",
	"include":  "import each file for itself, and join what comes out",
}

// composing is one service.
type composing struct {
	*composer
	key        tree.Node
	name       string // for messages
	process    dynomad.Process
	env        map[string]string
	entrypoint []string
	command    []string
	hasBuild   bool
	unknown    bool // which image it is
	check      tree.Node
	ports      []tree.Node // in the order of the file; those that are only exposed come last
	reserved   *int        // MiB
	limit      *int        // MiB
}

func (c *composer) service(key, n tree.Node) {
	s := &composing{composer: c, key: key, name: "service " + key.Text, env: map[string]string{}}
	s.process.Type = c.typeName(key, key.Text)
	s.process.Settings.Quantity = new(1)
	c.table(s.name, n, s.taken(), serviceInstead)
	s.memory()
	if !s.program() {
		return
	}
	s.port()
	s.health()
	if len(s.env) > 0 {
		s.process.Settings.Env = s.env
	}
	c.processes = append(c.processes, s.process)
}

// taken reads what is taken over of a service.
func (s *composing) taken() taken {
	settings := &s.process.Settings
	return taken{
		"image":             func(_, n tree.Node) { s.image(n) },
		"build":             func(_, _ tree.Node) { s.hasBuild = true },
		"command":           func(_, n tree.Node) { s.command = s.words(n, s.name+": command", s.text) },
		"entrypoint":        func(_, n tree.Node) { s.entrypoint = s.words(n, s.name+": entrypoint", s.text) },
		"environment":       func(_, n tree.Node) { s.environment(n) },
		"ports":             func(_, n tree.Node) { s.ports = append(slices.Clone(n.Items), s.ports...) },
		"expose":            func(_, n tree.Node) { s.ports = append(s.ports, n.Items...) },
		"healthcheck":       func(_, n tree.Node) { s.check = n },
		"deploy":            func(_, n tree.Node) { s.deploy(n) },
		"scale":             func(_, n tree.Node) { settings.Quantity = s.number(n, s.name+": scale", 0, dynomad.MaxQuantity) },
		"mem_limit":         func(_, n tree.Node) { s.limit = s.amount(n, "mem_limit") },
		"mem_reservation":   func(_, n tree.Node) { s.reserved = s.amount(n, "mem_reservation") },
		"cpus":              func(_, n tree.Node) { s.cpus(n) },
		"volumes":           func(_, n tree.Node) { s.volumes(n) },
		"stop_grace_period": func(_, n tree.Node) { settings.KillTimeout = s.duration(n, s.name+": stop_grace_period", 0) },
		"stop_signal":       func(_, n tree.Node) { settings.KillSignal = s.signal(n) },
		"restart":           func(_, n tree.Node) { s.restart(n) },
	}
}

const overlayHint = "if the image needs it: process { nomad { task { … } } }, which the operator may have to allow"

// serviceInstead is what to do about keys of a service that are not taken over.
var serviceInstead = map[string]string{
	"depends_on": "all processes start together: let the program wait for what it needs, and find it in Consul as APP-TYPE",
	"links":      "processes find each other in Consul as APP-TYPE", "external_links": "processes find each other in Consul as APP-TYPE",
	"networks": "every process reaches every other through Consul", "network_mode": "every process has a network of its own", "extra_hosts": overlayHint,
	"env_file":       "set what it holds as config vars: `dynomad config:set NAME=VALUE`",
	"secrets":        "set them as config vars: `dynomad config:set NAME=VALUE`",
	"configs":        "keep the files in the source, or their values in config vars",
	"labels":         "those of a reverse proxy are route blocks here: process { route \"/PATH\" {} }, and domains",
	"container_name": "dynos have names of their own: web.1", "hostname": "dynos have names of their own: web.1",
	"profiles": "it runs always: set quantity = 0 to have none at the first deploy",
	"extends":  "what it stands for was not looked at: write it out in the file and import again",
	"logging":  "log lines are collected by the platform: `dynomad logs`",
	"user":     "process { nomad { task { user = \"…\" } } }, which the operator has to allow", "privileged": overlayHint, "cap_add": overlayHint,
	"cap_drop": overlayHint, "devices": overlayHint, "security_opt": overlayHint, "sysctls": overlayHint, "ulimits": overlayHint, "pid": overlayHint,
	"ipc": overlayHint, "shm_size": overlayHint, "tmpfs": overlayHint, "dns": overlayHint, "init": overlayHint, "read_only": overlayHint,
	"working_dir": "process { nomad { task { config { work_dir = \"…\" } } } }", "platform": "a constraint on ${attr.cpu.arch} finds machines of the kind",
	"pull_policy": "name the image with its version", "stdin_open": "nobody types into a dyno", "tty": "nobody types into a dyno",
	"develop": "`dynomad local` runs a Procfile on your own machine", "cpu_shares": "say cpu, in MHz",
}

// text is a node's text, with what Compose would fill in.
func (c *composer) text(n tree.Node) string {
	out, unset := fill(n.Text)
	if len(unset) > 0 {
		c.warn(n, "$"+strings.Join(unset, ", $")+" is filled in by docker compose; nothing stands there now", "write what is meant")
	}
	return out
}

func (s *composing) environment(n tree.Node) {
	for _, p := range n.Pairs {
		s.variable(p.Key, p.Key.Text, p.Value)
	}
	for _, item := range n.Items {
		name, value, given := strings.Cut(item.Text, "=")
		node := item
		if node.Text = value; !given {
			node.Kind = tree.Null
		}
		s.variable(item, name, node)
	}
}

func (s *composing) variable(at tree.Node, name string, n tree.Node) {
	value, unset := fill(n.Text)
	if n.Kind == tree.Null || len(unset) > 0 {
		s.configVar(at, name)
		return
	}
	s.importer.env(at, s.env, name, value)
}

// image takes over an image, if its name is known.
func (s *composing) image(n tree.Node) {
	name, unset := fill(n.Text)
	if len(unset) > 0 || strings.TrimSpace(name) == "" {
		s.unknown = true
		s.warn(n, s.name+" is left out: what its image is only docker compose finds out, from $"+strings.Join(unset, ", $"), "write its name and import again")
		return
	}
	s.process.Settings.Image = &name
}

// program decides what the process runs; false if nothing is known of it.
func (s *composing) program() bool {
	settings := &s.process.Settings
	switch {
	case s.unknown:
		return false
	case settings.Image != nil:
		if s.hasBuild {
			s.warn(s.key, s.name+" is built as "+*settings.Image, "push it to a registry that the cluster reaches")
		}
		settings.Exec = append([]string{}, s.command...)
		if len(s.entrypoint) > 0 {
			settings.Nomad = overrideEntrypoint(s.entrypoint)
		}
		return true
	case len(s.entrypoint)+len(s.command) == 0:
		s.warn(s.key, s.name+" is left out: it is built, and only its Dockerfile says what it runs", "add its command, or push the image and name it by image")
		return false
	}
	s.process.Command = commandOf(slices.Concat(s.entrypoint, s.command))
	s.warn(s.key, s.name+" is built, and runs in the app's own source here", "deploy the source with everything built in it, or push the image and name it by image")
	return true
}

// overrideEntrypoint is the overlay that puts other words in the place of an image's entrypoint.
func overrideEntrypoint(words []string) json.RawMessage {
	text, err := json.Marshal(map[string]any{"Tasks": []any{map[string]any{"Config": map[string]any{"entrypoint": words}}}})
	if err != nil {
		panic("adopt: words that are no JSON: " + err.Error()) // nothing but texts
	}
	return text
}

// port takes over the first port that the service listens on, and names the others.
func (s *composing) port() {
	var first tree.Node
	for _, n := range s.ports {
		port, protocol := s.containerPort(n)
		switch {
		case protocol == "udp":
			s.warn(n, s.name+" listens for UDP, which is not taken over", "a network block in a nomad block of the process can")
		case port == 0:
			s.warn(n, fmt.Sprintf("%s: the port %q is not taken over", s.name, n.Text), `write it as "80" or "8080:80"`)
		case first.Kind != tree.Absent:
			if s.process.Settings.Port != nil && *s.process.Settings.Port == port {
				continue // published and exposed
			}
			s.warn(n, fmt.Sprintf("%s: the port %d is not taken over: a process has one", s.name, port), "further ones can stand in a network block of its nomad block")
		default:
			first = n
			s.process.Settings.Service, s.process.Settings.Port = new(true), &port
			s.listens[s.process.Type] = n
		}
	}
	if first.Kind != tree.Absent && s.process.Settings.Image == nil {
		s.process.Settings.Port = nil
		s.warn(first, s.name+" has to listen on $PORT", "Nomad chooses the port of what runs in the app's own source")
	}
}

// containerPort is the port in the container, 0 if that is not one port: of "8080:80/tcp", or of { target: 80 }.
func (s *composing) containerPort(n tree.Node) (port int, protocol string) {
	var text string
	if n.Kind == tree.Map {
		text, protocol = n.Get("target").Text, n.Get("protocol").Text
	} else {
		text, protocol, _ = strings.Cut(s.text(n), "/")
	}
	port, err := strconv.Atoi(text[strings.LastIndexByte(text, ':')+1:])
	if err != nil || port < 1 || port > 65535 {
		port = 0
	}
	return port, protocol
}

func (s *composing) restart(n tree.Node) {
	if policy, _, _ := strings.Cut(n.Text, ":"); policy != "always" && policy != "unless-stopped" {
		s.warn(n, s.name+": restart "+n.Text+" is not taken over: a dyno that ends is started anew",
			"what is to end by itself is a release process, a cron or a one-off")
	}
}
