package hcl_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	hclv2 "github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/nomad/api"
	"github.com/zclconf/go-cty/cty"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/dynomad/dynomad/hcl"
)

func TestFormatJob(t *testing.T) {
	job := &api.Job{
		ID:          new("hello"),
		Priority:    new(0), // said, though it is nothing
		Datacenters: []string{"dc1", "dc2"},
		Meta:        map[string]string{"b": "2", "a": "1"},
		TaskGroups: []*api.TaskGroup{{
			Name:          new("web"),
			ShutdownDelay: new(90 * time.Second),
			Networks:      []*api.NetworkResource{{DynamicPorts: []api.Port{{Label: "http"}}}},
			Volumes:       map[string]*api.VolumeRequest{"usr": {Name: "usr", Type: "host"}, "etc": {Name: "etc", Type: "host", ReadOnly: true}},
			Tasks: []*api.Task{{
				Name:        "v1",
				KillTimeout: new(2 * time.Hour),
				Config:      map[string]any{"command": "sh", "args": []string{"${A}", "%{b}"}, "n": 1.5, "on": true, "m": map[string]any{"x": []any{"y"}}},
				Templates:   []*api.Template{{EmbeddedTmpl: new("one ${X}\n\ttwo \\ %{Y}\n")}, {EmbeddedTmpl: new("no newline at\nthe end")}},
				Env:         map[string]string{"PORT": "${NOMAD_PORT_http}", "OTHER": "${PORT}"},
			}},
			Services: []*api.Service{{Name: "web", Checks: []api.ServiceCheck{{Type: "tcp", Interval: time.Second}}}},
		}},
	}
	want := `job "hello" {
  priority    = 0
  datacenters = ["dc1", "dc2"]

  meta {
    a = "1"
    b = "2"
  }

  group "web" {
    shutdown_delay = "1m30s"

    volume "etc" {
      type      = "host"
      read_only = true
    }

    volume "usr" {
      type = "host"
    }

    network {
      port "http" {}
    }

    service {
      name = "web"

      check {
        type     = "tcp"
        interval = "1s"
      }
    }

    task "v1" {
      kill_timeout = "2h"

      config {
        args    = ["$${A}", "%%{b}"]
        command = "sh"
        m       = { "x" = ["y"] }
        n       = 1.5
        on      = true
      }

      env {
        OTHER = "$${PORT}"
        PORT  = "${NOMAD_PORT_http}"
      }

      template {
        data = <<EOT
one $${X}
	two \ %%{Y}
EOT
      }

      template {
        data = "no newline at\nthe end"
      }
    }
  }
}
`
	if diff := cmp.Diff(want, string(hcl.FormatJob(job))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// pieces are what a text may hold that HCL would take for its own.
var pieces = []string{"${", "}", "$", "%{", "%", "{", "\"", "\\", "\n", "EOT", "EOT\n", "\t", "\r", "\x00", "<<", "#", "//", "é", "a", " ", "${NOMAD_X}", "${node.id}"}

// Whatever a text holds, it is one string in the HCL, and the same one.
func TestNothingBreaksOutOfAString(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := ""
		for _, piece := range rapid.SliceOf(rapid.SampledFrom(pieces)).Draw(t, "pieces") {
			text += piece
		}
		text += rapid.String().Draw(t, "rest")
		job := &api.Job{ID: new("a"), Region: &text, Meta: map[string]string{"x": text}}
		file, diagnostics := hclsyntax.ParseConfig(hcl.FormatJob(job), "", hclv2.InitialPos)
		if diagnostics.HasErrors() {
			t.Fatalf("%v\n%s", diagnostics, hcl.FormatJob(job))
		}
		body := file.Body.(*hclsyntax.Body).Blocks[0].Body
		// As Nomad does, leave what is filled in at run time.
		got, diagnostics := body.Attributes["region"].Expr.Value(&hclv2.EvalContext{Variables: map[string]cty.Value{
			"NOMAD_X": cty.StringVal("${NOMAD_X}"), "node": cty.ObjectVal(map[string]cty.Value{"id": cty.StringVal("${node.id}")}),
		}})
		if diagnostics.HasErrors() {
			t.Fatal(diagnostics)
		}
		if want := norm.NFC.String(text); text != "" && got.AsString() != want {
			t.Errorf("%q is read back as %q", want, got.AsString())
		}
	})
}
