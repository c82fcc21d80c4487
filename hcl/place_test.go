package hcl_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/hcl"
)

const placed = `domains = ["a.com",
  "b.com"]
nomad {
  priority = 1
}
process "web" {
  env = { A = "x", "B" = "y" }
  exec = concat(["a"], ["b"])
  constraint {}
  constraint {
    value = "x"
  }
  route "/api" {
    strip = true
  }
  spread {
    target "dc1" {
      percent = 1
    }
  }
  nomad {
    task {
      user = "a"
    }
    task "helper" {
      user = "b"
      config {
        image = "c"
      }
    }
  }
  nomad {
    meta = { a = "b" }
  }
}
cron "nightly" {
  schedule = "@daily"
}
`

// A problem that only names a setting is shown where that stands, or the innermost thing around it that is there.
func TestPlace(t *testing.T) {
	position := hcl.Position("f", []byte(placed))
	for setting, want := range map[string]string{
		"domains 1":                                  "2:3 \"b.com\" 2 true",
		"domains":                                    "1:11 [\"a.com\", 1 true",
		"nomad priority":                             "4:14 1 4 true",
		"nomad region":                               "3:1 nomad 3 false",
		"process web":                                "6:1 process \"web\" 6 true",
		"process web quantity":                       "6:1 process \"web\" 6 false",
		"process web env B":                          "7:26 \"y\" 7 true",
		"process web env C":                          "7:9 { A = \"x\", \"B\" = \"y\" } 7 true",
		"process web exec 1":                         "8:10 concat([\"a\"], [\"b\"]) 8 true",
		"process web constraint 1 value":             "11:13 \"x\" 11 true",
		"process web constraint 1 operator":          "10:3 constraint 10 false",
		"process web constraint 5 operator":          "6:1 process \"web\" 6 false",
		"process web route /api strip":               "14:13 true 14 true",
		"process web route /api":                     "13:3 route \"/api\" 13 true",
		"process web spread 0 target dc1 percent":    "18:17 1 18 true",
		"process web nomad task user":                "23:14 \"a\" 23 true",
		"process web nomad task helper user":         "26:14 \"b\" 26 true",
		"process web nomad task helper config image": "28:17 \"c\" 28 true",
		"process web nomad meta a":                   "33:18 \"b\" 33 true",
		"cron nightly schedule":                      "37:14 \"@daily\" 37 true",
		"process nightly schedule":                   "37:14 \"@daily\" 37 true",
		"cron other schedule":                        "",
		"process worker check":                       "",
	} {
		path := strings.Fields(setting)
		got := ""
		p := hcl.Place("f", []byte(placed), dynomad.Problems{{Message: "m", Setting: path}})[0]
		if p.Line > 0 {
			line := []rune(strings.Split(placed, "\n")[p.Line-1])
			at, said := position(path)
			got = strings.TrimPrefix(p.String(), "f:")
			got = strings.TrimSuffix(got, ": m") + " " + string(line[p.Column-1:p.Column-1+p.Width])
			got += " " + strconv.Itoa(at) + " " + map[bool]string{true: "true", false: "false"}[said]
		} else if _, said := position(path); said || p.File != "" {
			t.Errorf("%s: placed nowhere, and yet %+v", setting, p)
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", setting, got, want)
		}
	}
	untouched := dynomad.Problems{{File: "Procfile", Line: 3, Message: "m"}, {Message: "n"}, {File: "f", Line: 1, Setting: []string{"domains"}}}
	if diff := cmp.Diff(untouched, hcl.Place("f", []byte(placed), untouched)); diff != "" {
		t.Error(diff)
	}
	if _, said := hcl.Position("f", []byte("no {"))([]string{"no"}); said {
		t.Error("what cannot be read says nothing")
	}
}

func TestVariables(t *testing.T) {
	values, problems := hcl.Variables("v", []byte("text = \"a${1 + 1}\"\nnumber = 2 * 3\nyes = true\nlist = [\"$${x}\", 1]\nnames = { \"a b\" = [true] }\n"))
	want := map[string]string{"text": "a2", "number": "6", "yes": "true", "list": `["$${x}", 1]`, "names": "{\n  \"a b\" = [true]\n}"}
	if diff := cmp.Diff(want, values); diff != "" || problems != nil {
		t.Errorf("%v %s", problems, diff)
	}
	m, problems := hcl.Manifest("m", []byte(`
variable "text" {}
variable "number" {
  type = number
}
variable "yes" {
  default = false
}
variable "list" {
  type = list(string)
}
variable "names" {
  type    = map(list(bool))
  default = {}
}
variable "unsaid" {
  default = ["x"]
}
process "web" {
  size     = var.text
  quantity = var.number + 1
  surge    = var.yes == true
  exec     = concat(var.list, var.unsaid)
  service  = var.names["a b"][0]
}`), hcl.Inputs{Values: values})
	settings := dynomad.Settings{Size: new("a2"), Quantity: new(7), Surge: new(true), Exec: []string{"${x}", "1", "x"}, Service: new(true)}
	if diff := cmp.Diff(settings, m.Processes["web"]); diff != "" || problems != nil {
		t.Errorf("%v %s", problems, diff)
	}
	_, problems = hcl.Variables("v", []byte("a = var.b\nb = null\nc {}\nd = local.x\n"))
	text := ""
	for _, p := range problems {
		text += p.String() + "\n"
	}
	wantText := `v:1:5: var may not be used in a file of values (write the value down)
v:2:5: b has no value (leave the line out, or give it one)
v:3:1: there are no blocks in a file of values (write c = …)
v:4:5: local may not be used in a file of values (write the value down)
`
	if diff := cmp.Diff(wantText, text); diff != "" {
		t.Error(diff)
	}
	_, problems = hcl.Manifest("m", nil, hcl.Inputs{Values: map[string]string{"x": "1"}, From: map[string]string{"x": "dynomad.vars.hcl"}})
	if len(problems) != 1 || !strings.Contains(problems[0].Message, "dynomad.vars.hcl gives a value") {
		t.Error(problems)
	}
}

// Every kind of expression comes to what HCL's own evaluator makes of it.
func TestExpressions(t *testing.T) {
	for text, want := range map[string]string{
		`"${1 + 2 * 3 - 4 / 2 % 3}${-1}${!true}"`: "5-1false",
		`local.a.b[0]`:               "x",
		`local.a["b"][1]`:            "y",
		`join(",", local.list[*].n)`: "1,2",
		`join(",", [for k, v in { a = 1, b = 2 } : "${k}${v}" if v > 1])`:                   "b2",
		`jsonencode({ for i, v in ["a", "b", "a"] : v => i... })`:                           `{"a":[0,2],"b":[1]}`,
		`"%{ for x in ["a", "b"] ~} ${x} %{ endfor }%{ if false }no%{ else }yes%{ endif }"`: "a b yes",
		`true ? "a" : local.nobody`:                                                         "a",
		`false ? 1 : "b"`:                                                                   "b",
		`true ? null == null ? "c" : "d" : "e"`:                                             "c",
		`true || local.nobody ? "a" : "b"`:                                                  "a",
		`false && local.nobody ? "a" : "b"`:                                                 "b",
		`try(local.a.z, 1 / 0, "t")`:                                                        "t",
		`can(local.a.z) ? "a" : "b"`:                                                        "b",
		`format("%03d|%-5s|%v", 7, "ab", true)`:                                             "007|ab   |true",
		`(local.second)`:                                                                    "2nd",
		`{ "${local.second}" = "k", (local.second) = "l" }["2nd"]`:                          "l",
		`max([1, 5, 3]...)`:                                                                 "5",
		`replace("aXbX", "X", "-")`:                                                         "a-b-",
		`regex_replace("a1b22", "[0-9]+", "<$0>")`:                                          "a<1>b<22>",
		`base64decode(base64encode("ü"))`:                                                   "ü",
		`urlencode("a b&c")`:                                                                "a+b%26c",
		`startswith("abc", "ab") && endswith("abc", "bc") && strcontains("abc", "b") ? "y" : "n"`: "y",
		`jsonencode(merge({ a = 1 }, { b = local.a }))`:                                           `{"a":1,"b":{"b":["x","y"]}}`,
		`<<-EOT
    a
      ${local.second}
    EOT`: "a\n  2nd\n",
	} {
		src := "locals {\n  second = \"${local.two}nd\"\n  two = 2\n  a = { b = [\"x\", \"y\"] }\n  list = [{ n = 1 }, { n = 2 }]\n}\nprocess \"web\" {\n  command = " + text + "\n}\n"
		m, problems := hcl.Manifest("f", []byte(src), hcl.Inputs{})
		if c := m.Processes["web"].Command; c == nil || *c != want || problems != nil {
			got := "nothing"
			if c != nil {
				got = *c
			}
			t.Errorf("%s\n got %q %v\nwant %q", text, got, problems, want)
		}
	}
}

func TestFmt(t *testing.T) {
	got, problems := hcl.Fmt([]byte("# why\nprocess \"web\" { # one\n  quantity=2\n    memory =   512 // MiB\n\n\n /* env */ env = {A=\"x\"}\n}\n\n\n"))
	want := "# why\nprocess \"web\" { # one\n  quantity = 2\n  memory   = 512 // MiB\n\n\n  /* env */ env = { A = \"x\" }\n}\n"
	if diff := cmp.Diff(want, string(got)); diff != "" || problems != nil {
		t.Errorf("%v %s", problems, diff)
	}
	if got, problems := hcl.Fmt([]byte("a = \n")); got != nil || len(problems) != 1 || problems[0].Line != 1 {
		t.Errorf("%s %v", got, problems)
	}
	if got, problems := hcl.Fmt([]byte("\n\n")); got != nil || problems != nil {
		t.Errorf("%q %v", got, problems)
	}
}

func TestHelp(t *testing.T) {
	for _, name := range []string{"check.interval", "process.check.interval", "interval"} {
		text, err := hcl.Help(name)
		if ok := strings.Contains(text, "How often it is looked") && err == nil; ok != (name != "interval") {
			t.Errorf("%s: %v %s", name, err, text)
		}
	}
	for name, hint := range map[string]string{"chek": `did you mean "check"?`, "xyzzy": "`dynomad hcl docs` lists them all"} {
		if _, err := hcl.Help(name); dynomad.KindOf(err) != dynomad.KindNotFound || dynomad.HintOf(err) != hint {
			t.Errorf("%s: %v, %s", name, err, dynomad.HintOf(err))
		}
	}
	for _, name := range []string{"", "functions", "cron", "allow", "size"} {
		if text, err := hcl.Help(name); err != nil || len(text) < 100 {
			t.Errorf("%s: %v %s", name, err, text)
		}
	}
}
