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
	got, problems := hcl.Manifest("dynomad.hcl", []byte(`
process "web" {
  command      = "./server"
  quantity     = 2
  size         = "standard-2x"
  cpu          = 100
  memory       = "256" # a number in quotes is a number
  env          = { A = "x", B = 1, "C" = true }
  kill_timeout = "1m30s"
  kill_signal  = "SIGINT"
  drain_delay  = "0s"
  surge        = false
  check {
    kind     = "http"
    path     = "/"
    interval = "1s"
    timeout  = "500ms"
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
}
process "worker" {}
`))
	want := dynomad.Manifest{Processes: map[dynomad.ProcessType]dynomad.Settings{
		"web": {
			Command: new("./server"), Quantity: new(2), Size: new("standard-2x"), CPU: new(100), Memory: new(256),
			Env:         map[string]string{"A": "x", "B": "1", "C": "true"},
			KillTimeout: new(90 * time.Second), KillSignal: new("SIGINT"), DrainDelay: new(time.Duration(0)), Surge: new(false),
			Check:      &dynomad.Check{Kind: new("http"), Path: new("/"), Interval: new(time.Second), Timeout: new(500 * time.Millisecond)},
			Update:     &dynomad.Update{MinHealthyTime: new(time.Second), HealthyDeadline: new(2 * time.Second), ProgressDeadline: new(3 * time.Second)},
			Restart:    &dynomad.Restart{Attempts: new(0), Delay: new(4 * time.Second), Interval: new(5 * time.Second)},
			Reschedule: &dynomad.Reschedule{Delay: new(6 * time.Second), MaxDelay: new(7 * time.Second)},
			Disconnect: &dynomad.Disconnect{LostAfter: new(8 * time.Second)},
		},
		"worker": {},
	}}
	if diff := cmp.Diff(want, got); diff != "" || problems != nil {
		t.Errorf("%v (-want +got):\n%s", problems, diff)
	}
	empty, problems := hcl.Manifest("dynomad.hcl", nil)
	if diff := cmp.Diff(dynomad.Manifest{}, empty); diff != "" || problems != nil {
		t.Errorf("an empty file: %v %s", problems, diff)
	}
}

func TestManifestProblems(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"a misspelt setting", "process \"web\" {\n  quantty = 1\n}", []string{`f:2:3: an argument named "quantty" is not expected here (did you mean "quantity"?)`}},
		{"a block that is a setting", "process \"web\" {\n  env {}\n}", []string{`f:2:3: blocks of type "env" are not expected here (did you mean to define argument "env"? If so, use the equals sign to assign it a value)`}},
		{"no label", "process {}", []string{`f:1:9: all process blocks must have 1 labels (type)`}},
		{"a size in a manifest", "size \"x\" {}", []string{`f:1:1: blocks of type "size" are not expected here`}},
		{"twice", "process \"web\" {}\nprocess \"web\" {}", []string{`f:2:9: the process "web" is there twice (join the two blocks)`}},
		{"a block twice", "process \"web\" {\n  check {}\n  check {}\n}", []string{`f:3:3: the block "check" is there twice (join the two blocks)`}},
		{"wrong values, all at once", `process "web" {
  quantity     = 101
  cpu          = -1
  memory       = 1.5
  kill_timeout = 30
  drain_delay  = "-1s"
  surge        = "maybe"
  size         = null
  env          = { A = null }
  command      = ["a"]
  kill_signal  = SIGTERM
}`, []string{
			`f:2:18: quantity has to be a number of dynos from 0 to 100`,
			`f:3:18: cpu has to be a whole number, 0 or more`,
			`f:4:18: memory has to be a whole number, 0 or more`,
			`f:5:18: kill_timeout has to be a time such as "30s", "1m30s" or "500ms"`,
			`f:6:18: drain_delay has to be a time such as "30s", "1m30s" or "500ms"`,
			`f:7:18: surge has to be true or false`,
			`f:8:18: size has to be a text in quotes`,
			`f:9:18: env has to be names and texts such as { GREETING = "hello" }`,
			`f:10:18: command has to be a text in quotes`,
			`f:11:18: variables may not be used here`,
		}},
		{"computations, which could go on for hours", `process "web" {
  size     = 1e9999999
  cpu      = 1e-9999999
  quantity = 1 + 1
  env      = { for a in [1, 2] : a => [for b in [1, 2] : b] }
  command  = "${"a"}-${1 == 1 ? "b" : "c"}"
}`, []string{
			`f:2:14: size has to be written down; nothing is computed here`,
			`f:3:14: cpu has to be written down; nothing is computed here`,
			`f:4:14: quantity has to be written down; nothing is computed here`,
			`f:5:14: env has to be written down; nothing is computed here`,
			`f:6:24: command has to be written down; nothing is computed here`,
		}},
		{"too long", strings.Repeat("#", hcl.MaxBytes+1), []string{`f: it has 262145 bytes (write at most 262144)`}},
		{"no HCL", "process \"web\" {\n  quantity = \n}", []string{`f:2:14: expected the start of an expression, but found an invalid expression token`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, problems := hcl.Manifest("f", []byte(c.text))
			var got []string
			for _, p := range problems {
				got = append(got, p.String())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTemplate(t *testing.T) {
	var d hcl.Defaults
	problems := hcl.Template("a.hcl", []byte("size \"small\" {\n  cpu    = 1\n  memory = 2\n}\nexec {\n  user    = \"nobody\"\n  volumes = [\"usr\", \"etc\"]\n}"), &d)
	problems = append(problems, hcl.Template("b.hcl", []byte("process \"web\" {\n  quantity = 1\n}"), &d)...)
	want := hcl.Defaults{
		Processes: map[dynomad.ProcessType]dynomad.Settings{"web": {Quantity: new(1)}},
		Sizes:     map[string]hcl.Size{"small": {CPU: 1, Memory: 2}},
		Exec:      &hcl.Exec{User: "nobody", Volumes: []string{"usr", "etc"}},
	}
	if diff := cmp.Diff(want, d); diff != "" || problems != nil {
		t.Errorf("%v (-want +got):\n%s", problems, diff)
	}
	problems = hcl.Template("c.hcl", []byte("size \"small\" {\n  cpu    = 1\n  memory = 2\n}\nsize \"other\" {}\nexec {\n  volumes = [1, null]\n}\nprocess \"web\" {}"), &d)
	text := ""
	for _, p := range problems {
		text += p.String() + "\n"
	}
	wantText := `c.hcl:1:6: the size "small" is there twice (remove one of them)
c.hcl:5:1: the size "other" needs cpu and memory (say cpu in MHz and memory in MiB)
c.hcl:6:1: the block "exec" is there twice (join the two blocks)
c.hcl:9:9: the process "web" is there twice (join the two blocks)
`
	if diff := cmp.Diff(wantText, text); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Whatever the file holds, it is read or refused with a line.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(`process "web" { quantity = 2 }`))
	f.Add([]byte("process \"web\" {\n  env = { A = \"${x}\" }\n  check {}\n}\n"))
	f.Add([]byte("process \"w\" {\n quantity = 1e999 \n memory = 1/0 }"))
	f.Fuzz(func(t *testing.T, src []byte) {
		_, problems := hcl.Manifest("dynomad.hcl", src)
		for _, p := range problems {
			if p.Message == "" || p.File != "dynomad.hcl" || p.Line == 0 {
				t.Errorf("problem %+v", p)
			}
		}
	})
}
