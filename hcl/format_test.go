package hcl_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	hclv2 "github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
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
        m       = ({ "x" = ["y"] })
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

// Nomad's own names stay as they are where that is safe, and every other interpolation is text.
func TestRuntimeNames(t *testing.T) {
	for text, want := range map[string]string{
		"${NOMAD_PORT_http}":                  `"${NOMAD_PORT_http}"`,
		"http://${NOMAD_ADDR_http}/x":         `"http://${NOMAD_ADDR_http}/x"`,
		"${attr.kernel.name}-${meta.my-rack}": `"${attr.kernel.name}-${meta.my-rack}"`,
		"${node.unique.id}${device.vendor}":   `"${node.unique.id}${device.vendor}"`,
		"${NOMAD_X} }":                        `"$${NOMAD_X} }"`, // Nomad's parser would add a bracket
		"${NOMAD_X}}":                         `"$${NOMAD_X}}"`,
		"${NOMAD_}":                           `"$${NOMAD_}"`,
		"${node}":                             `"$${node}"`,
		"${node.1}":                           `"$${node.1}"`,
		"${var.x}":                            `"$${var.x}"`,
		"${NOMAD_X} ${PORT}":                  `"$${NOMAD_X} $${PORT}"`,
		"${NOMAD_X}\n":                        `"$${NOMAD_X}\n"`,
		"$${NOMAD_X}":                         `"$$${NOMAD_X}"`,
		"$5 and 100%":                         `"$5 and 100%"`,
		"say \"${NOMAD_X}\"":                  `"say \"$${NOMAD_X}\""`,
		"${env[\"X\"]}":                       `"$${env[\"X\"]}"`,
	} {
		got := string(hcl.FormatJob(&api.Job{ID: new("a"), Region: &text}))
		if want = "job \"a\" {\n  region = " + want + "\n}\n"; got != want {
			t.Errorf("%q: got %s want %s", text, got, want)
		}
	}
}

func TestFormatJobSaysEveryKindOfThing(t *testing.T) {
	job := &api.Job{
		ID:               new("all"),
		Meta:             map[string]string{"a.b": "1", "c": ""},
		Periodic:         &api.PeriodicConfig{Specs: []string{"@daily"}, SpecType: new("cron")},
		ParameterizedJob: &api.ParameterizedJobConfig{},
		Multiregion:      &api.Multiregion{Regions: []*api.MultiregionRegion{{Name: "west", Count: new(0)}}},
		Spreads:          []*api.Spread{{Attribute: "${node.datacenter}", SpreadTarget: []*api.SpreadTarget{{Value: "dc1", Percent: 70}}}},
		TaskGroups: []*api.TaskGroup{{
			Name:    new(""),
			Scaling: &api.ScalingPolicy{Type: "horizontal", Max: new(int64(3)), Policy: map[string]any{"check": []any{map[string]any{"cpu": []any{map[string]any{"n": 1.0}}}}}},
			Volumes: map[string]*api.VolumeRequest{"data": {Type: "csi"}},
			Networks: []*api.NetworkResource{{
				ReservedPorts: []api.Port{{Label: "ssh", Value: 22}}, DynamicPorts: []api.Port{{Label: "http", To: 80}},
				CNI: &api.CNIConfig{Args: map[string]string{"a.b": "c"}},
			}},
			Services: []*api.Service{{
				Connect: &api.ConsulConnect{SidecarService: &api.ConsulSidecarService{}, Gateway: &api.ConsulGateway{
					Mesh:  &api.ConsulMeshConfigEntry{},
					Proxy: &api.ConsulGatewayProxy{EnvoyGatewayBindAddresses: map[string]*api.ConsulGatewayBindAddress{"x": {Port: 1}}},
				}},
				Checks: []api.ServiceCheck{{Header: map[string][]string{"X-A": {"1", "2"}}}},
			}},
			Tasks: []*api.Task{{
				Name:      "main",
				Leader:    true,
				Lifecycle: &api.TaskLifecycle{},
				Actions:   []*api.Action{{Name: "say"}},
				Config: map[string]any{
					"none": nil, "mount": []map[string]any{{"type": "bind", "options": map[string]string{"k": "v"}}, {}}, "labels": []any{map[string]any{"a.b": "c"}},
					"ports": []any{}, "big": 1e6, "bigger": 1e300, "mixed": []any{map[string]any{}, "x"}, "auth": map[string]any{},
				},
				Identity:        &api.WorkloadIdentity{Env: true},
				Identities:      []*api.WorkloadIdentity{{Name: "vault_default", TTL: time.Hour}},
				ScalingPolicies: []*api.ScalingPolicy{{Type: "vertical_cpu"}},
				Templates:       []*api.Template{{Uid: new(0), Once: new(false), DestPath: new("")}},
				Resources:       &api.Resources{Devices: []*api.RequestedDevice{{Name: "nvidia/gpu", Count: new(uint64(1 << 63))}}},
			}},
		}},
	}
	got := string(hcl.FormatJob(job))
	for _, part := range []string{
		"  meta = { \"a.b\" = \"1\", \"c\" = \"\" }\n",
		"  multiregion {\n    region \"west\" {\n      count = 0\n    }\n  }\n",
		"    target \"dc1\" {\n      percent = 70\n    }\n",
		"  periodic {\n    crons = [\"@daily\"]\n  }\n\n  parameterized {}\n",
		"  group \"\" {\n",
		"      policy {\n        check {\n          cpu {\n            n = 1\n          }\n        }\n      }\n",
		"    volume \"data\" {\n      type = \"csi\"\n    }\n",
		"      port \"ssh\" {\n        static = 22\n      }\n\n      port \"http\" {\n        to = 80\n      }\n\n      cni {\n        args = { \"a.b\" = \"c\" }\n      }\n",
		"            envoy_gateway_bind_addresses \"x\" {\n              port = 1\n            }\n",
		"          mesh {}\n", "        sidecar_service {}\n",
		"        header {\n          X-A = [\"1\", \"2\"]\n        }\n",
		"      leader = true\n", "      lifecycle {\n        hook = \"\"\n      }\n", "      action \"say\" {\n        command = \"\"\n      }\n",
		"        auth   = ({})\n        big    = 1000000\n        bigger = 1e+300\n        labels = { \"a.b\" = \"c\" }\n        mixed  = [{}, \"x\"]\n        none   = null\n        ports  = []\n",
		"        mount {\n          options = ({ \"k\" = \"v\" })\n          type    = \"bind\"\n        }\n\n        mount {}\n",
		"      identity {\n        env = true\n      }\n\n      identity {\n        name = \"vault_default\"\n        ttl  = \"1h\"\n      }\n",
		"      scaling \"cpu\" {}\n", "        destination = \"\"\n        once        = false\n        uid         = 0\n",
		"          count = 9223372036854775808\n",
	} {
		if !strings.Contains(got, part) {
			t.Errorf("there is no\n%s", part)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
}

func TestFormatJobWith(t *testing.T) {
	job := &api.Job{
		ID: new("hello"), Priority: new(50), Region: new("global"), Meta: map[string]string{"release": "v1"},
		TaskGroups: []*api.TaskGroup{{
			Name: new("web"), Count: new(2),
			Services: []*api.Service{{Name: "web", Checks: []api.ServiceCheck{{Type: "tcp", Interval: time.Second}}}},
			Networks: []*api.NetworkResource{{DynamicPorts: []api.Port{{Label: "http", To: 80}}}},
			Tasks: []*api.Task{{
				Name: "v1", KillTimeout: new(time.Second), Config: map[string]any{"command": "sh", "mount": []any{map[string]any{"type": "bind"}}},
				Templates: []*api.Template{{DestPath: new("x"), EmbeddedTmpl: new("a\nb\n"), ChangeMode: new("noop")}},
				Resources: &api.Resources{CPU: new(1)}, ScalingPolicies: []*api.ScalingPolicy{{Type: "vertical_mem", Min: new(int64(1))}},
			}},
		}},
	}
	comments := map[string]string{}
	for _, path := range []string{
		"region", "priority", "meta.release", "group[web].count", "group[web].service[0].check[0].interval", "group[web].network[0].port[http].to", "group[web].task[v1].kill_timeout",
		"group[web].task[v1].config.command", "group[web].task[v1].config.mount[0].type", "group[web].task[v1].template[0].data", "group[web].task[v1].resources.cpu", "group[web].task[v1].scaling[mem].min",
	} {
		comments[path] = "by\n" + path
	}
	got := hcl.FormatJobWith(job, func(path string) string { defer delete(comments, path); return comments[path] })
	if len(comments) > 0 {
		t.Errorf("nothing has asked for %v", comments)
	}
	want := `job "hello" {
  region   = "global" # by region
  priority = 50       # by priority

  meta {
    release = "v1" # by meta.release
  }

  group "web" {
    count = 2 # by group[web].count

    network {
      port "http" {
        to = 80 # by group[web].network[0].port[http].to
      }
    }

    service {
      name = "web"

      check {
        type     = "tcp"
        interval = "1s" # by group[web].service[0].check[0].interval
      }
    }

    task "v1" {
      kill_timeout = "1s" # by group[web].task[v1].kill_timeout

      config {
        command = "sh" # by group[web].task[v1].config.command

        mount {
          type = "bind" # by group[web].task[v1].config.mount[0].type
        }
      }

      resources {
        cpu = 1 # by group[web].task[v1].resources.cpu
      }

      template {
        destination = "x"
        # by group[web].task[v1].template[0].data
        data        = <<EOT
a
b
EOT
        change_mode = "noop"
      }

      scaling "mem" {
        min = 1 # by group[web].task[v1].scaling[mem].min
      }
    }
  }
}
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(string(hclwrite.Format(got)), string(got)); diff != "" {
		t.Errorf("(-hclfmt +got):\n%s", diff)
	}
}

// Our own layout is that of `nomad fmt`, whatever is in the job.
func TestLayout(t *testing.T) {
	for seed := range 4 {
		for _, text := range [][]byte{
			hcl.FormatJob(fullJob(seed)),
			hcl.FormatJobWith(fullJob(seed), func(path string) string { return path[:len(path)%3] }),
		} {
			if diff := cmp.Diff(string(hclwrite.Format(text)), string(text)); diff != "" {
				t.Errorf("(-hclfmt +got):\n%s", diff)
			}
		}
	}
}

// sent is a value as it arrives over the network, without what is empty: there is no difference between nothing and an empty
// list, nor between kinds of numbers.
func sent(t *testing.T, v any) any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return bare(out)
}

// bare leaves out what is empty, but for a struct, which is a block: that it is there says something.
func bare(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			return nil
		}
		out := map[string]any{}
		for name, value := range v {
			if value = bare(value); value != nil {
				out[name] = value
			}
		}
		return out
	case []any:
		var out []any
		for _, value := range v {
			out = append(out, bare(value))
		}
		if len(out) > 0 {
			return out
		}
		return nil
	}
	return v
}
