package hcl_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/hcl"
)

func TestManifestReadsEverything(t *testing.T) {
	got, problems := hcl.Manifest("dynomad.hcl", []byte(everySettingText), hcl.Inputs{})
	if diff := cmp.Diff(everySetting(), got); diff != "" || problems != nil {
		t.Errorf("%v (-want +got):\n%s", problems, diff)
	}
	empty, problems := hcl.Manifest("dynomad.hcl", nil, hcl.Inputs{})
	if diff := cmp.Diff(dynomad.Manifest{}, empty); diff != "" || problems != nil {
		t.Errorf("an empty file: %v %s", problems, diff)
	}
}

const everySettingText = `
domains = ["www.example.com", "*.example.com"]

nomad {
  priority = 70
}

process "web" {
  command      = "./server"
  quantity     = 2
  size         = "standard-2x"
  cpu          = 100
  memory       = "256" # a number in quotes is a number
  memory_max   = 512
  env          = { A = "x", B = 1, "C" = true }
  service      = true
  port         = 6379
  kill_timeout = "1m30s"
  kill_signal  = "SIGINT"
  drain_delay  = "0s"
  surge        = false
  sidecar      = "prestart"
  volume       = null
  route "/api" {
    strip = true
  }
  route "/" {}
  check {
    kind         = "http"
    path         = "/"
    grpc_service = "s"
    command      = "c"
    interval     = "1s"
    timeout      = "500ms"
    failures     = 3
    grace        = "1h"
  }
  update {
    min_healthy_time  = "1s"
    healthy_deadline  = "2s"
    progress_deadline = "3s"
  }
  restart {
    attempts = 0
    delay    = "4s"
    interval = "5s"
  }
  reschedule {
    delay     = "6s"
    max_delay = "7s"
  }
  disconnect {
    lost_after = "8s"
  }
  constraint {
    attribute = "${attr.kernel.name}"
    value     = "linux"
  }
  constraint {
    operator = "distinct_hosts"
  }
  affinity {
    attribute = "${node.class}"
    weight    = -50
  }
  spread {
    attribute = "${node.datacenter}"
    weight    = 100
    target "dc1" {
      percent = 70
    }
  }
  nomad {
    meta = { a = "b" }
  }
}
process "worker" {}
process "container" {
  image = "redis"
  exec  = []
  cores = 2
  volume "data" {
    type            = "csi"
    source          = "s"
    destination     = "/data"
    read_only       = true
    per_alloc       = true
    access_mode     = "single-node-writer"
    attachment_mode = "file-system"
  }
}
cron "nightly" {
  schedule  = ["0 3 * * *", "@daily"]
  time_zone = "Europe/Berlin"
  overlap   = false
  timeout   = "1h"
  exec      = ["bin/cleanup", "--all"]
}
cron "hourly" {
  schedule = "@hourly"
  command  = "x"
}
`

func everySetting() dynomad.Manifest {
	return dynomad.Manifest{
		Domains: []string{"www.example.com", "*.example.com"}, Nomad: []byte(`{"Priority":70}`),
		Processes: map[dynomad.ProcessType]dynomad.Settings{
			"web": {
				Command: new("./server"), Quantity: new(2), Size: new("standard-2x"), CPU: new(100), Memory: new(256), MemoryMax: new(512),
				Env: map[string]string{"A": "x", "B": "1", "C": "true"}, Service: new(true), Port: new(6379), Sidecar: new("prestart"),
				KillTimeout: new(90 * time.Second), KillSignal: new("SIGINT"), DrainDelay: new(time.Duration(0)), Surge: new(false),
				Volumes: []dynomad.Volume{}, Routes: []dynomad.Route{{Path: "/api", Strip: new(true)}, {Path: "/"}},
				Check: &dynomad.Check{
					Kind: new("http"), Path: new("/"), GRPCService: new("s"), Command: new("c"), Interval: new(time.Second),
					Timeout: new(500 * time.Millisecond), Failures: new(3), Grace: new(time.Hour),
				},
				Update:      &dynomad.Update{MinHealthyTime: new(time.Second), HealthyDeadline: new(2 * time.Second), ProgressDeadline: new(3 * time.Second)},
				Restart:     &dynomad.Restart{Attempts: new(0), Delay: new(4 * time.Second), Interval: new(5 * time.Second)},
				Reschedule:  &dynomad.Reschedule{Delay: new(6 * time.Second), MaxDelay: new(7 * time.Second)},
				Disconnect:  &dynomad.Disconnect{LostAfter: new(8 * time.Second)},
				Constraints: []dynomad.Constraint{{Attribute: new("${attr.kernel.name}"), Value: new("linux")}, {Operator: new("distinct_hosts")}},
				Affinities:  []dynomad.Affinity{{Attribute: new("${node.class}"), Weight: new(-50)}},
				Spreads: []dynomad.Spread{{
					Attribute: new("${node.datacenter}"), Weight: new(100), Targets: []dynomad.SpreadTarget{{Value: "dc1", Percent: new(70)}},
				}},
				Nomad: []byte(`{"Meta":{"a":"b"}}`),
			},
			"worker": {},
			"container": {
				Image: new("redis"), Exec: []string{}, Cores: new(2),
				Volumes: []dynomad.Volume{{
					Name: "data", Type: new("csi"), Source: new("s"), Destination: new("/data"), ReadOnly: new(true), PerAlloc: new(true),
					AccessMode: new("single-node-writer"), AttachmentMode: new("file-system"),
				}},
			},
			"nightly": {
				Schedule: []string{"0 3 * * *", "@daily"}, TimeZone: new("Europe/Berlin"), Overlap: new(false), Timeout: new(time.Hour),
				Exec: []string{"bin/cleanup", "--all"},
			},
			"hourly": {Schedule: []string{"@hourly"}, Command: new("x")},
		},
	}
}

func TestTemplate(t *testing.T) {
	var d hcl.Defaults
	problems := hcl.Template("a.hcl", []byte(`
size "small" {
  cpu    = 1
  memory = 2
}
size "whole" {
  cores      = 1
  memory     = 2
  memory_max = 3
}
exec {
  user    = "nobody"
  volumes = ["usr", "etc"]
}
docker {
  image    = "i"
  user     = "u"
  cap_drop = ["all"]
}
allow {
  drivers      = ["*"]
  users        = ["u"]
  host_volumes = ["v"]
  node_pools   = ["p"]
  privileged   = true
  identities   = true
  routes       = true
}
`), &d)
	problems = append(problems, hcl.Template("b.hcl", []byte("process \"web\" {\n  quantity = 1\n  time_zone = \"UTC\"\n  overlap = true\n}"), &d)...)
	want := hcl.Defaults{
		Processes: map[dynomad.ProcessType]dynomad.Settings{"web": {Quantity: new(1), TimeZone: new("UTC"), Overlap: new(true)}},
		Sizes:     map[string]hcl.Size{"small": {CPU: 1, Memory: 2}, "whole": {Cores: 1, Memory: 2, MemoryMax: 3}},
		Exec:      &hcl.Exec{User: "nobody", Volumes: []string{"usr", "etc"}},
		Docker:    &hcl.Docker{Image: "i", User: "u", CapDrop: []string{"all"}},
		Allow: &hcl.Allow{
			Drivers: []string{"*"}, Users: []string{"u"}, HostVolumes: []string{"v"}, NodePools: []string{"p"},
			Privileged: true, Identities: true, Routes: true,
		},
	}
	if diff := cmp.Diff(want, d); diff != "" || problems != nil {
		t.Errorf("%v (-want +got):\n%s", problems, diff)
	}
	problems = hcl.Template("c.hcl", []byte("size \"small\" {\n  cpu    = 1\n  memory = 2\n}\nsize \"other\" {}\nexec {\n  volumes = [1, null]\n}\nprocess \"web\" {}"), &d)
	text := ""
	for _, p := range problems {
		text += p.String() + "\n"
	}
	wantText := `c.hcl:1:6: the size "small" is there twice (join the two blocks)
c.hcl:5:1: the size "other" needs cpu or cores, and memory (say cpu in MHz and memory in MiB)
c.hcl:6:1: the block "exec" is there twice (join the two blocks)
c.hcl:9:9: the process "web" is there twice (join the two blocks)
`
	if diff := cmp.Diff(wantText, text); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTooLong(t *testing.T) {
	for name, read := range readers() {
		got := read([]byte(strings.Repeat("#", hcl.MaxBytes+1)))
		if len(got) != 1 || !strings.HasSuffix(got[0].String(), "it has 262145 bytes (write at most 262144)") {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// readers are all that read what people write.
func readers() map[string]func([]byte) dynomad.Problems {
	return map[string]func([]byte) dynomad.Problems{
		"Manifest":  func(src []byte) dynomad.Problems { _, ps := hcl.Manifest("f", src, hcl.Inputs{}); return ps },
		"Template":  func(src []byte) dynomad.Problems { return hcl.Template("f", src, &hcl.Defaults{}) },
		"Variables": func(src []byte) dynomad.Problems { _, ps := hcl.Variables("f", src); return ps },
		"Fmt":       func(src []byte) dynomad.Problems { _, ps := hcl.Fmt(src); return ps },
	}
}

func TestOverlaysOfOneProcessAreLaidOverEachOther(t *testing.T) {
	m, problems := hcl.Manifest("f", []byte(`process "web" {
  nomad {
    constraint = null
  }
  nomad {
    constraint {
      attribute = "a"
      value     = "b"
    }
  }
}`), hcl.Inputs{})
	want := `[{"Constraints":null},{"Constraints":[{"LTarget":"a","Operand":"=","RTarget":"b"}]}]`
	if got := string(m.Processes["web"].Nomad); got != want || problems != nil {
		t.Errorf("%v\n got %s\nwant %s", problems, got, want)
	}
}

func TestNamesOfNomadStayAsTheyAre(t *testing.T) {
	for text, want := range map[string]string{
		`${attr.kernel.name}`:                           "",
		`${attr.platform.aws.instance-type}`:            "",
		`a ${node.unique.id} b ${meta.rack}`:            "",
		`${NOMAD_PORT_http}:${NOMAD_META_a}`:            "",
		`${device.model}`:                               "",
		`$${HOME} $HOME %%{x}`:                          `${HOME} $HOME %{x}`,
		`${"$"}{attr.x} ${upper("a")}`:                  `${attr.x} A`,
		`${join(",", [for node in ["n"] : "${node}"])}`: `n`, // a name of the manifest's own
	} {
		if want == "" {
			want = text
		}
		m, problems := hcl.Manifest("f", []byte(`process "web" { command = "`+text+`" }`), hcl.Inputs{})
		if c := m.Processes["web"].Command; c == nil || *c != want || problems != nil {
			t.Errorf("%s: %v", text, problems)
		}
	}
	m, problems := hcl.Manifest("f", []byte("process \"web\" {\n  command = \"${env[\"X\"]}\"\n}"), hcl.Inputs{})
	if c := m.Processes["web"].Command; c == nil || *c != `${env["X"]}` {
		t.Errorf("%v", problems)
	}
}
