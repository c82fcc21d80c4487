package hcl

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/dynomad/dynomad"
)

// doc is what there is to say about a setting beside what its field says: what it does, and what it may be.
type doc struct {
	text     string   // what it does, in sentences
	example  string   // a value in HCL
	unit     string   // of a number
	least    int      // of a number
	most     int      // of a number; 0: none to speak of
	notZero  bool     // of a number
	oneOf    []string // of a text: all that it may be
	pattern  string   // of a text: a regular expression
	what     string   // what the pattern means, after "has to be"
	valid    func(string) (message, hint string)
	in       string // the kinds of process that have it: "process", "cron", "template"; "" is all of them
	need     bool   // it must be there
	single   bool   // of a list: a text alone is a list of one
	distinct bool   // of a list: nothing in it may be there twice
	none     string // of a list or of repeated blocks: what it means if there are to be none
	unsaid   string // what holds where nothing says it, neither manifest nor template
	nomad    string // which field of Nomad's job it becomes: "group.shutdown_delay"
}

// bounds are those of a number.
func (d doc) bounds() (least, most int) {
	if d.most == 0 {
		return d.least, math.MaxInt32
	}
	return d.least, d.most
}

// wanted completes the sentence "NAME has to be …".
func (s *setting) wanted() string {
	switch {
	case s.what != "":
		return s.what
	case len(s.oneOf) > 0:
		return choices(s.oneOf)
	}
	switch s.kind {
	case kindFlag:
		return "true or false"
	case kindNumber:
		least, most := s.bounds()
		text := fmt.Sprintf("a whole number, %d or more", least)
		if s.most != 0 {
			text = fmt.Sprintf("a whole number from %d to %d", least, most)
		}
		if s.notZero {
			text += ", not 0"
		}
		return text
	case kindTime:
		return `a time such as "30s", "1m30s" or "500ms"`
	case kindNames:
		return "names and texts such as " + s.sample()
	case kindList:
		return "a list such as " + s.sample()
	}
	return "a text in quotes"
}

func choices(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = strconv.Quote(w)
	}
	if len(quoted) == 1 {
		return quoted[0]
	}
	last := len(quoted) - 1
	return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
}

// sample is a value as one would write it.
func (s *setting) sample() string {
	if s.example != "" {
		return s.example
	}
	switch s.kind {
	case kindFlag:
		return "true"
	case kindNumber:
		return strconv.Itoa(max(s.least, 1))
	case kindTime:
		return `"30s"`
	case kindNames:
		return `{ NAME = "text" }`
	case kindList:
		return `["text"]`
	}
	return `"text"`
}

// documentation is the table of all settings by path. A test holds it against the fields, both ways.
func documentation() map[string]doc {
	table := map[string]doc{}
	for _, part := range []map[string]doc{
		fileDocs(), processDocs(), resourceDocs(), trafficDocs(), lifeDocs(), placementDocs(), storageDocs(), cronDocs(), templateDocs(),
	} {
		for path, d := range part {
			table[path] = d
		}
	}
	return table
}

const (
	typePattern = `^[A-Za-z0-9_-]{1,63}$`
	typeWhat    = "letters, digits, - and _, at most 63 of them"
	pathPattern = `^/`
	pathWhat    = `a path that begins with "/"`
)

func fileDocs() map[string]doc {
	return map[string]doc{
		"variable":             {text: "A value that is given from outside, by `--var NAME=…` or as `NAME = …` in a file dynomad.vars.hcl beside the manifest. Expressions say `var.NAME`."},
		"variable.name":        {text: "The variable's name.", example: `"domain"`, pattern: `^[A-Za-z_][A-Za-z0-9_-]*$`, what: "a name of letters, digits, - and _"},
		"variable.type":        {text: "What its value has to be: string, number, bool, or a type made of these such as list(string) or map(number).", example: "string", unsaid: "the type of the default, else string"},
		"variable.default":     {text: "The value where none is given. A variable without a default must be given one.", example: `"example.com"`},
		"variable.description": {text: "What it is for. It is shown where the value is missing.", example: `"The domain that the app is reached under"`},
		"locals":               {text: "Names for values and expressions of your own, which other expressions refer to as `local.NAME`, in any order. There may be several such blocks.", example: "locals {\n  cpu = 2 * 100\n}"},
		"domains":              {text: "Host names of the app beside its own.", example: `["www.example.com"]`, distinct: true, valid: isHostname, none: "no host names", nomad: "service.tags"},
		"process":              {text: "What is to be said of a line of the Procfile. Where `command` or `exec` says what to run, the Procfile need not name it. The process `release` is the release phase: it runs once in every release, before the release's dynos start. What a manifest does not say is taken from the template of the process type.", nomad: "group"},
		"process.type":         {text: "The process type, as the Procfile names it.", example: `"web"`, pattern: typePattern, what: typeWhat},
		"cron":                 {text: "Something that runs by the clock and ends by itself. It is a periodic batch job of its own.", nomad: "job of type batch"},
		"cron.type":            {text: "What it is called. No process can have the same name.", example: `"nightly"`, pattern: typePattern, what: typeWhat},
		"nomad":                {text: "Nomad's own words, laid over the app's job: any setting of a job but id, name, namespace, type and groups. What reaches beyond the app only the operator can allow.", example: "nomad {\n  priority = 70\n}", nomad: "job"},
	}
}

func processDocs() map[string]doc {
	return map[string]doc{
		"process.command":  {text: "What runs, instead of the Procfile's command: a text for the shell in the dyno, byte for byte. In HCL `${` is written `$${`; `$NAME` and `$(…)` need nothing.", example: `"bin/serve --port $PORT"`, nomad: "task.config"},
		"process.exec":     {text: "A program and its arguments, run without a shell.", example: `["/bin/serve", "--verbose"]`, none: "what a container's image runs by itself", nomad: "task.config"},
		"process.image":    {text: "A container image to run instead of what was deployed. It needs the driver docker.", example: `"redis:8"`, pattern: `\S`, what: "the name of an image", nomad: "task.config.image"},
		"process.quantity": {text: "How many dynos there are at the type's first deploy. Later `dynomad ps:scale` decides.", example: "2", most: dynomad.MaxQuantity, what: "a number of dynos from 0 to " + strconv.Itoa(dynomad.MaxQuantity), in: "process template", nomad: "group.count"},
		"process.env":      {text: "Environment variables, under the app's config vars. They are joined with those of the template, name by name. They stand in the job, where Nomad fills in its own names such as ${NOMAD_ALLOC_ID}: secrets are config vars.", example: `{ GREETING = "hello" }`, nomad: "task.env"},
		"process.sidecar":  {text: "Where the task that ships the log stands: beside the dyno (poststart), before it (prestart), or nowhere (none), so that the log stays in Nomad.", example: `"poststart"`, oneOf: []string{dynomad.SidecarPoststart, dynomad.SidecarPrestart, dynomad.SidecarNone}, nomad: "task.lifecycle"},
		"process.timeout":  {text: "How long what ends by itself may take: a cron, the release phase, a one-off dyno. After that it is ended and counts as failed.", example: `"10m"`, nomad: "task.config"},
		"process.nomad":    {text: "Nomad's own words, laid over the process's group: any setting of a group but its name and count. A block `task` without a name is the dyno's own task, one with a name a further one; a block `service` is the process's service. What reaches beyond the dyno only the operator can allow.", example: "nomad {\n  task {\n    resources {\n      device \"nvidia/gpu\" {}\n    }\n  }\n}", nomad: "group"},
	}
}

func resourceDocs() map[string]doc {
	return map[string]doc{
		"process.size":       {text: "A dyno size by name, as the operator's table has it. Saying cpu, cores or memory as well overrules that part of it.", example: `"standard-2x"`, nomad: "task.resources"},
		"process.cpu":        {text: "A share of the processor: by it a machine with room is found, and dynos that compete are given their part.", example: "200", unit: "MHz", nomad: "task.resources.cpu"},
		"process.cores":      {text: "Whole processor cores for the dyno alone, instead of cpu.", example: "2", unit: "cores", nomad: "task.resources.cores"},
		"process.memory":     {text: "Memory, a hard limit under the drivers exec and docker.", example: "512", unit: "MiB", nomad: "task.resources.memory"},
		"process.memory_max": {text: "Memory that it may use while the machine has it free, beyond memory. It needs a cluster that allows this.", example: "1024", unit: "MiB", nomad: "task.resources.memory_max"},
	}
}

func trafficDocs() map[string]doc {
	const of = "process template"
	return map[string]doc{
		"process.service":            {text: "It listens on $PORT, is checked, and is a Consul service.", example: "true", in: of, nomad: "group.service"},
		"process.port":               {text: "The port on which a container listens that does not heed $PORT.", example: "6379", least: 1, most: 65535, in: of, nomad: "group.network.port"},
		"process.route":              {text: "A path of the app's host names whose requests the process gets. Of several that fit, the longest wins. A manifest's routes replace the template's.", in: of, none: "no requests from outside", nomad: "service.tags"},
		"process.route.path":         {text: "The path.", example: `"/api"`, pattern: pathPattern, what: pathWhat},
		"process.route.strip":        {text: "The dyno sees requests without the path.", example: "true"},
		"process.check":              {text: "How the platform knows that a dyno serves.", in: of, nomad: "service.check"},
		"process.check.kind":         {text: "Whether a connection (tcp), a request (http), gRPC's health service (grpc) or a command in the dyno (script) says that it serves.", example: `"http"`, oneOf: []string{"tcp", "http", "grpc", "script"}, nomad: "service.check.type"},
		"process.check.path":         {text: "What an http check asks for. An answer with a status of 200 to 299 is good.", example: `"/health"`, pattern: pathPattern, what: pathWhat, nomad: "service.check.path"},
		"process.check.grpc_service": {text: "The service that a grpc check asks for.", example: `"greeter"`, unsaid: "the whole server", nomad: "service.check.grpc_service"},
		"process.check.command":      {text: "What a script check runs, for the shell in the dyno. Exit status 0 is good.", example: `"bin/healthy"`, nomad: "service.check.command"},
		"process.check.interval":     {text: "How often it is looked.", example: `"5s"`, nomad: "service.check.interval"},
		"process.check.timeout":      {text: "How long an answer may take.", example: `"2s"`, nomad: "service.check.timeout"},
		"process.check.failures":     {text: "After how many failures in a row the dyno is started anew.", example: "3", unsaid: "0: never", nomad: "service.check.check_restart.limit"},
		"process.check.grace":        {text: "How long after a start failures do not count.", example: `"30s"`, nomad: "service.check.check_restart.grace"},
		"process.drain_delay":        {text: "Between losing the route and the signal to end, so that requests under way are answered.", example: `"2s"`, in: of, nomad: "group.shutdown_delay"},
	}
}

func lifeDocs() map[string]doc {
	const of = "process template"
	return map[string]doc{
		"process.kill_timeout":             {text: "How long it may take to end after the signal, before it is killed. A Nomad client bounds this, at 30s unless its operator raises max_kill_timeout.", example: `"30s"`, nomad: "task.kill_timeout"},
		"process.kill_signal":              {text: "The signal that tells it to end.", example: `"SIGINT"`, nomad: "task.kill_signal"},
		"process.surge":                    {text: "At a deploy a full second set is started and checked beside the first, then the route moves. Without it dynos are replaced one by one, which for one dyno means a moment with none.", example: "true", in: of, nomad: "group.update.canary"},
		"process.update":                   {text: "How a release replaces the dynos before it.", in: of, nomad: "group.update"},
		"process.update.min_healthy_time":  {text: "How long a dyno must be well until it counts as good.", example: `"10s"`, nomad: "group.update.min_healthy_time"},
		"process.update.healthy_deadline":  {text: "How long a dyno has until it must be good.", example: `"2m"`, nomad: "group.update.healthy_deadline"},
		"process.update.progress_deadline": {text: "How long the release waits for the next good dyno before it is given up. It must be longer than healthy_deadline.", example: `"3m"`, nomad: "group.update.progress_deadline"},
		"process.restart":                  {text: "What happens to a dyno that exits.", nomad: "group.restart"},
		"process.restart.attempts":         {text: "How often it is started again within an interval, before it waits for the interval's end.", example: "3", nomad: "group.restart.attempts"},
		"process.restart.delay":            {text: "How long to wait before each start.", example: `"1s"`, nomad: "group.restart.delay"},
		"process.restart.interval":         {text: "The time within which starts are counted.", example: `"1m"`, nomad: "group.restart.interval"},
		"process.reschedule":               {text: "How long the cluster waits before it starts a dyno on another machine that cannot run where it was.", nomad: "group.reschedule"},
		"process.reschedule.delay":         {text: "The first time; doubled each time after. Nomad takes no less than 5s.", example: `"5s"`, nomad: "group.reschedule.delay"},
		"process.reschedule.max_delay":     {text: "The longest that it waits.", example: `"2m"`, nomad: "group.reschedule.max_delay"},
		"process.disconnect":               {text: "What happens to the dynos of a machine that has fallen silent.", in: of, unsaid: "they are replaced, and stopped should it come back", nomad: "group.disconnect"},
		"process.disconnect.lost_after":    {text: "A machine that is back within this time keeps its dynos.", example: `"60s"`, nomad: "group.disconnect.lost_after"},
	}
}

func placementDocs() map[string]doc {
	const attribute, operator = "An attribute of the machine, in Nomad's words.", "How it is compared: Nomad's =, !=, >, >=, <, <=, regexp, version, semver, set_contains, is_set and so on, and for constraints distinct_hosts and distinct_property."
	return map[string]doc{
		"process.constraint":            {text: "What a machine must have to run the process. A manifest's constraints replace the template's.", none: "no constraints", nomad: "group.constraint"},
		"process.constraint.attribute":  {text: attribute, example: `"${attr.cpu.arch}"`, nomad: "group.constraint.attribute"},
		"process.constraint.operator":   {text: operator, example: `"="`, unsaid: `"="`, nomad: "group.constraint.operator"},
		"process.constraint.value":      {text: "What it is compared with.", example: `"arm64"`, nomad: "group.constraint.value"},
		"process.affinity":              {text: "What a machine had better have. A manifest's affinities replace the template's.", none: "no affinities", nomad: "group.affinity"},
		"process.affinity.attribute":    {text: attribute, example: `"${node.class}"`, nomad: "group.affinity.attribute"},
		"process.affinity.operator":     {text: operator, example: `"="`, unsaid: `"="`, nomad: "group.affinity.operator"},
		"process.affinity.value":        {text: "What it is compared with.", example: `"fast"`, nomad: "group.affinity.value"},
		"process.affinity.weight":       {text: "How much it counts; below 0 such machines are avoided.", example: "50", least: -100, most: 100, notZero: true, unsaid: "50", nomad: "group.affinity.weight"},
		"process.spread":                {text: "Over what the dynos are to be shared out. A manifest's spreads replace the template's.", none: "no spreads", nomad: "group.spread"},
		"process.spread.attribute":      {text: attribute, example: `"${node.datacenter}"`, nomad: "group.spread.attribute"},
		"process.spread.weight":         {text: "How much it counts beside other spreads.", example: "100", least: 1, most: 100, nomad: "group.spread.weight"},
		"process.spread.target":         {text: "The share that one value of the attribute gets. Without any they are shared out evenly.", none: "evenly", nomad: "group.spread.target"},
		"process.spread.target.value":   {text: "The value.", example: `"dc1"`},
		"process.spread.target.percent": {text: "Its share.", example: "70", most: 100, unit: "percent", nomad: "group.spread.target.percent"},
	}
}

func storageDocs() map[string]doc {
	return map[string]doc{
		"process.volume":                 {text: "A folder that outlives the dyno, mounted into it. A manifest's volumes replace the template's.", none: "no volumes", nomad: "group.volume, task.volume_mount"},
		"process.volume.name":            {text: "What it is called here.", example: `"data"`, pattern: typePattern, what: typeWhat},
		"process.volume.type":            {text: "Whether it is a folder of the machine (host) or a volume of a storage system (csi).", example: `"host"`, oneOf: []string{"host", "csi"}, nomad: "group.volume.type"},
		"process.volume.source":          {text: "What it is called at the cluster.", example: `"data"`, unsaid: "the volume's own name", nomad: "group.volume.source"},
		"process.volume.destination":     {text: "Where the dyno finds it.", example: `"/data"`, nomad: "task.volume_mount.destination"},
		"process.volume.read_only":       {text: "The dyno may not write to it.", example: "true", nomad: "group.volume.read_only"},
		"process.volume.per_alloc":       {text: "csi only: each dyno has its own: SOURCE[0], SOURCE[1] and so on.", example: "true", nomad: "group.volume.per_alloc"},
		"process.volume.access_mode":     {text: "csi only: how many may use it, in Nomad's words.", example: `"single-node-writer"`, nomad: "group.volume.access_mode"},
		"process.volume.attachment_mode": {text: "csi only: file-system or block-device.", example: `"file-system"`, nomad: "group.volume.attachment_mode"},
	}
}

func cronDocs() map[string]doc {
	return map[string]doc{
		"process.schedule":  {text: "When it runs, as crontab says it: minute, hour, day of the month, month, day of the week; or @hourly, @daily, @weekly, @monthly. One text, or a list where there are several.", example: `"0 3 * * *"`, in: "cron", need: true, single: true, valid: isSchedule, what: `a text such as "0 3 * * *", or a list of such texts`, nomad: "job.periodic.crons"},
		"process.time_zone": {text: "The time zone of the schedule.", example: `"Europe/Berlin"`, in: "cron template", valid: isTimeZone, unsaid: `"UTC"`, nomad: "job.periodic.time_zone"},
		"process.overlap":   {text: "It may start while its last run still goes on.", example: "true", in: "cron template", nomad: "job.periodic.prohibit_overlap"},
	}
}

func templateDocs() map[string]doc {
	return map[string]doc{
		"size":               {text: "A dyno size, which processes and `dynomad ps:scale` name.", nomad: "task.resources"},
		"size.name":          {text: "Its name.", example: `"standard-1x"`},
		"size.cpu":           {text: "As the process's cpu. It or cores must be there.", example: "100", unit: "MHz", nomad: "task.resources.cpu"},
		"size.cores":         {text: "As the process's cores, instead of cpu.", example: "2", unit: "cores", nomad: "task.resources.cores"},
		"size.memory":        {text: "As the process's memory.", example: "512", unit: "MiB", need: true, nomad: "task.resources.memory"},
		"size.memory_max":    {text: "As the process's memory_max.", example: "1024", unit: "MiB", nomad: "task.resources.memory_max"},
		"exec":               {text: "How the exec driver keeps dynos apart from the machine and from each other."},
		"exec.user":          {text: "The user that dynos run as.", example: `"nobody"`, nomad: "task.user"},
		"exec.volumes":       {text: "Host volumes of the clients, each mounted read-only at the folder of its name: the system that a dyno sees.", example: `["bin", "etc", "usr"]`, nomad: "group.volume"},
		"docker":             {text: "How the docker driver runs what was deployed."},
		"docker.image":       {text: "The image that slugs run in.", example: `"heroku/heroku:24"`, nomad: "task.config.image"},
		"docker.user":        {text: "The user that dynos made of a slug run as.", example: `"nobody"`, nomad: "task.user"},
		"docker.cap_drop":    {text: "The Linux capabilities that they lose.", example: `["all"]`, nomad: "task.config.cap_drop"},
		"allow":              {text: "What apps may say in a `nomad` block that reaches beyond their own dynos. What is not here they may not. `\"*\"` in a list allows all."},
		"allow.drivers":      {text: "Task drivers other than the cluster's.", example: `["docker"]`, nomad: "task.driver"},
		"allow.users":        {text: "Users that tasks may run as.", example: `["www-data"]`, nomad: "task.user"},
		"allow.host_volumes": {text: "Host volumes that may be mounted.", example: `["data"]`, nomad: "group.volume"},
		"allow.node_pools":   {text: "Node pools that jobs may choose.", example: `["gpu"]`, nomad: "job.node_pool"},
		"allow.privileged":   {text: "Whatever takes away a driver's isolation: privileged, added capabilities, devices, folders of the machine.", example: "true", nomad: "task.config"},
		"allow.identities":   {text: "The blocks identity, vault and consul.", example: "true", nomad: "task.identity"},
		"allow.routes":       {text: "Tags of services that begin with urlprefix-, by which an app could take over another's requests.", example: "true", nomad: "service.tags"},
	}
}
