package hcl

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/dynomad/dynomad"
)

// Whatever manifest there is, its text is read back as the same, the text is laid out as Fmt would, and the JSON schema
// takes it.
func TestFormatManifestIsReadBack(t *testing.T) {
	validate := jsonSchema(t)
	rapid.Check(t, func(t *rapid.T) {
		want := anyManifest(t)
		text := FormatManifest(want)
		readBack(t, text, want)
		if err := validate(asJSON(want)); err != nil {
			t.Fatalf("%v\n%s", err, asJSON(want))
		}
	})
}

func readBack(t interface{ Fatalf(string, ...any) }, text []byte, want dynomad.Manifest) {
	got, problems := Manifest("f", text, Inputs{})
	if problems != nil {
		t.Fatalf("%v\n%s", problems, text)
	}
	if diff := cmp.Diff(want, got, sameJSON()); diff != "" {
		t.Fatalf("(-want +got):\n%s\n%s", diff, text)
	}
	formatted, problems := Fmt(text)
	if problems != nil || !bytes.Equal(formatted, bytes.TrimLeft(text, "\n")) {
		t.Fatalf("%v not laid out:\n%s", problems, cmp.Diff(string(text), string(formatted)))
	}
}

func sameJSON() cmp.Option {
	return cmp.Comparer(func(a, b json.RawMessage) bool {
		return len(a) == 0 && len(b) == 0 || cmp.Equal(tree(a), tree(b))
	})
}

func anyManifest(t *rapid.T) dynomad.Manifest {
	m := dynomad.Manifest{}
	if rapid.Bool().Draw(t, "domains") {
		m.Domains = rapid.SliceOfNDistinct(rapid.StringMatching(`(\*\.)?[a-z][a-z0-9]{0,5}\.[a-z]{2}`), 0, 3, rapid.ID).Draw(t, "names")
	}
	for _, name := range rapid.SliceOfNDistinct(rapid.StringMatching(typePattern), 0, 3, rapid.ID).Draw(t, "processes") {
		if m.Processes == nil {
			m.Processes = map[dynomad.ProcessType]dynomad.Settings{}
		}
		of := manifestLanguage().find(rapid.SampledFrom([]string{"process", "cron"}).Draw(t, "kind"))
		var block templateBlock
		anyBlock(t, of, reflect.ValueOf(&block).Elem())
		m.Processes[dynomad.ProcessType(name)] = block.Settings
	}
	return m
}

// anyBlock fills a struct with what its settings may be.
func anyBlock(t *rapid.T, of *setting, into reflect.Value) {
	for _, s := range of.fields {
		if !s.need && rapid.IntRange(0, 3).Draw(t, "said") > 0 || s.kind == kindOverlay {
			continue
		}
		field := s.member(into)
		switch s.kind {
		case kindText:
			set(field, new(anyText(t, s)))
		case kindFlag:
			set(field, new(rapid.Bool().Draw(t, s.name)))
		case kindNumber:
			least, most := s.bounds()
			n := rapid.IntRange(least, most).Draw(t, s.name)
			if n == 0 && s.notZero {
				n = 1
			}
			set(field, &n)
		case kindTime:
			set(field, new(time.Duration(rapid.Int64Range(0, 1<<62).Draw(t, s.name))))
		case kindNames:
			field.Set(reflect.ValueOf(rapid.MapOfN(rapid.Map(anyString(), norm.NFC.String), rapid.Map(anyString(), norm.NFC.String), 0, 3).Draw(t, s.name)))
		case kindList:
			list := make([]string, rapid.IntRange(0, 3).Draw(t, s.name))
			for i := range list {
				list[i] = anyText(t, s)
			}
			field.Set(reflect.ValueOf(list))
		case kindBlock:
			field.Set(reflect.New(s.of))
			anyBlock(t, s, field.Elem())
		case kindBlocks:
			anyBlocks(t, s, field)
		}
	}
}

func anyBlocks(t *rapid.T, s *setting, field reflect.Value) {
	field.Set(reflect.MakeSlice(reflect.SliceOf(s.of), 0, 0))
	labels := map[string]bool{}
	for range rapid.IntRange(0, 3).Draw(t, s.name) {
		element := reflect.New(s.of).Elem()
		if s.label != nil {
			label := anyText(t, s.label)
			if labels[label] {
				continue
			}
			labels[label] = true
			s.label.member(element).SetString(label)
		}
		anyBlock(t, s, element)
		field.Set(reflect.Append(field, element))
	}
}

func anyText(t *rapid.T, s *setting) string {
	switch {
	case s.name == "schedule":
		return rapid.SampledFrom([]string{"@daily", "0 3 * * *", "*/5 1-4 * 2,3 mon"}).Draw(t, s.name)
	case s.name == "time_zone":
		return rapid.SampledFrom([]string{"UTC", "Europe/Berlin"}).Draw(t, s.name)
	case len(s.oneOf) > 0:
		return rapid.SampledFrom(s.oneOf).Draw(t, s.name)
	case s.pattern == pathPattern:
		return norm.NFC.String("/" + anyString().Draw(t, s.name))
	case s.pattern == `\S`:
		return norm.NFC.String("i" + anyString().Draw(t, s.name))
	case s.pattern != "":
		return rapid.StringMatching(s.pattern).Draw(t, s.name)
	}
	return norm.NFC.String(anyString().Draw(t, s.name))
}

// anyString is a text made of what HCL and Nomad take for something.
func anyString() *rapid.Generator[string] {
	pieces := rapid.SampledFrom([]string{
		"", "a", " ", "\n", "\r\n", "\t", "\"", "\\", "$", "${", "$${", "}", "%{", "%%{", "%", "${attr.kernel.name}", "${NOMAD_PORT_http}",
		"${node.class}", "${meta.a-b}", "${env[\"X\"]}", "${device.x.0}", "<<EOT\n", "EOT", "EOT\n", "line\nline\n", "#", "//", "/*", "é", "日本", "\x00", "\u200b", "~}", "${~ x ~}",
		"$HOME", "$(x)", "null", "true", "1e9",
	})
	return rapid.Custom(func(t *rapid.T) string {
		if rapid.Bool().Draw(t, "known") {
			return strings.Join(rapid.SliceOfN(pieces, 0, 6).Draw(t, "pieces"), "")
		}
		return rapid.String().Draw(t, "text")
	})
}

// A manifest with overlays, as it is read, is printed so that it is read as the same.
func TestFormatManifestPrintsOverlays(t *testing.T) {
	text := `
nomad {
  priority = 70
  meta     = { "a b" = "c" }
  spread   = null
  datacenters = ["dc1", "dc2"]
  periodic {
    enabled = false
  }
}
process "web" {
  nomad {
    constraint = null
    consul {
      namespace = "x"
    }
    meta {
      a = "b"
    }
    network {
      mode = "bridge"
      port "db" {
        static = 5432
        to     = 5432
      }
      port "http" {
        to = 8080
      }
    }
    volume "data" {
      type      = "host"
      read_only = true
      source    = "d"
    }
    scaling {
      max = 5
      policy {
        cooldown = "1m"
        check "x" {
          strategy "target-value" {
            target = 70
          }
        }
      }
    }
    task {
      user   = "nobody"
      driver = "docker"
      config {
        image = "x:1"
        args  = ["a", 1, true, "${NOMAD_PORT_http}"]
        mount {
          type = "bind"
        }
        mount {
          type = "volume"
          volume_options {
            labels = { a = "b" }
          }
        }
        logging {
          type = "x"
        }
      }
      env = { A = "x", B = null }
      kill_timeout = "90s"
      template {
        data        = "x\ny\nz\n"
        destination = "local/x"
        change_mode = "noop"
      }
      artifact {
        source      = "https://x"
        destination = "local/y"
        options {
          checksum = "sha256:1"
        }
      }
      resources {
        memory = null
        device "nvidia/gpu" {
          count = 2
          constraint {
            attribute = "${device.attr.memory}"
            operator  = ">"
            value     = "2 GiB"
          }
        }
      }
      identity {
        env = true
      }
      identity {
        name = "x"
        aud  = ["y"]
        ttl  = "1h"
      }
      vault {
        role = "r"
      }
      scaling "cpu" {
        max = 100
      }
      logs {
        max_files = 2
      }
    }
    task "helper" {
      driver = "exec"
      lifecycle {
        hook    = "prestart"
        sidecar = true
      }
      volume_mount {
        volume      = "data"
        destination = "/d"
      }
    }
    service {
      tags = ["a"]
      check = null
      check {
        type     = "http"
        interval = "5s"
        header {
          X = ["y"]
        }
      }
      connect {
        sidecar_service {
          proxy {
            upstreams {
              destination_name = "db"
              local_bind_port  = 5000
            }
          }
        }
      }
    }
    update {
      stagger = "1s"
    }
  }
}
process "two" {
  nomad {
    update {
      max_parallel = 2
    }
  }
  nomad {
    reschedule = null
  }
}
`
	want, problems := Manifest("f", []byte(text), Inputs{})
	if problems != nil {
		t.Fatal(problems)
	}
	readBack(t, FormatManifest(want), want)
}

func FuzzManifest(f *testing.F) {
	for _, seed := range []string{
		`process "web" { quantity = 2 }`, "process \"web\" {\n  env = { A = \"${x}\" }\n  check {}\n}\n",
		"process \"w\" {\n quantity = 1e999 \n memory = 1/0 }",
		"variable \"v\" {\n default = \"x\" \n}\nlocals {\n a = upper(var.v)\n}\nprocess \"w\" {\n size = \"${local.a}${attr.x}\"\n}",
		"cron \"c\" {\n schedule = \"@daily\"\n time_zone = \"UTC\"\n}", "domains = [for a in [\"a.com\"] : a if true]",
		"nomad {\n priority = 1\n meta = { a = \"b\" }\n}", "process \"w\" {\n nomad {\n  task {\n config {\n a = [{ b = 1 }]\n }\n }\n }\n}",
		"process \"w\" {\n command = <<EOT\na\n%{ for x in range(3) ~}\n${x}\n%{ endfor ~}\nEOT\n}", "locals {\n a = local.b[*].c\n b = [{ c = try(1 / 0, 2) }]\n}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		began := time.Now()
		m, problems := Manifest("dynomad.hcl", src, Inputs{})
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("it took %s", took)
		}
		for _, p := range problems {
			if p.Message == "" || p.File != "dynomad.hcl" || p.Line == 0 && len(src) <= MaxBytes || p.Column == 0 && p.Line > 0 || p.Width < 1 {
				t.Errorf("problem %+v", p)
			}
			p.Excerpt(src)
		}
		Place("dynomad.hcl", src, dynomad.Problems{{Setting: []string{"process", "web", "check", "kind"}}, {Setting: []string{"nomad", "0", "a"}}})
		if problems == nil {
			readBack(t, FormatManifest(m), m)
		}
	})
}

func FuzzFmt(f *testing.F) {
	f.Add([]byte("process \"web\" { # x\nsize=1\n\n\n  a =2 }"))
	f.Add([]byte("a = <<-EOT\n  x\n   ${ y }\n  EOT\n"))
	f.Add([]byte("a = [\n1,\n2 # c\n]\n/* b */ c = { x=1\ny = 2 }"))
	f.Fuzz(func(t *testing.T, src []byte) {
		once, problems := Fmt(src)
		if problems.Err() != nil {
			return
		}
		twice, problems := Fmt(once)
		if problems.Err() != nil || !bytes.Equal(once, twice) {
			t.Errorf("%v\nonce:\n%s\ntwice:\n%s", problems, once, twice)
		}
		m, p1 := Manifest("f", src, Inputs{})
		n, p2 := Manifest("f", once, Inputs{})
		if (p1.Err() == nil) != (p2.Err() == nil) {
			t.Errorf("before: %v\nafter: %v", p1, p2)
		}
		if diff := cmp.Diff(m, n, sameJSON()); diff != "" && p1 == nil {
			t.Error(diff)
		}
	})
}

func FuzzVariables(f *testing.F) {
	f.Add([]byte("a = 1\nb = \"x\"\nc = [\"y\", { z = true }]\nd = \"${1 + 1}\""))
	f.Fuzz(func(t *testing.T, src []byte) {
		values, problems := Variables("v", src)
		for _, p := range problems {
			if p.Message == "" || p.File != "v" || p.Line == 0 && len(src) <= MaxBytes {
				t.Errorf("problem %+v", p)
			}
		}
		if problems != nil {
			return
		}
		for name, value := range values { // each can be given to a variable of any type
			if strings.Trim(name, wordBytes+"-") != "" || name[0] == '-' {
				continue
			}
			text := "variable \"" + name + "\" {\n  type = any\n}\nprocess \"x\" {\n  command = jsonencode(var." + name + ")\n}\n"
			if _, problems := Manifest("m", []byte(text), Inputs{Values: map[string]string{name: value}}); problems != nil {
				t.Errorf("%s = %q: %v", name, value, problems)
			}
		}
	})
}
