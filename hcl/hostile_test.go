package hcl_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/dynomad/dynomad/hcl"
)

// A server reads the manifests of people whom it does not know. Whatever they ask it to compute, it answers soon and
// without much memory. Each of these would keep HCL's own evaluator busy for minutes or for ever, or end the program.
func TestNobodyKeepsUsBusy(t *testing.T) {
	deep := 120_000
	for name, text := range map[string]string{
		"a text doubled by locals":     doubling(`"${%s}${%s}"`, `"x"`),
		"a list doubled by locals":     "process \"w\" {\n  size = jsonencode(local.l40)\n}\n" + doubling(`[%s, %s]`, `"x"`),
		"an object doubled by locals":  doubling(`{ a = %s, b = %s }`, `"x"`),
		"a conditional of such lists":  doubling(`true ? [%s, 1] : ["x", %s]`, `["x"]`),
		"for in for":                   value("[for a in range(1000): [for b in range(1000): [for c in range(1000): \"${a}${b}${c}\"]]]"),
		"for in template in for":       value(`join("", [for a in range(1000): "%{ for b in range(1000) }%{ for c in range(1000) }x%{ endfor }%{ endfor }"])`),
		"replace by more":              doubling(`replace(%s, "x", "%s")`, `"xxxxxxxxxxxxxxxx"`) + value(`replace(replace(replace(replace(replace(replace("xxxxxxxxxxxxxxxxxxxx", "x", "xxxxxxxxxxxxxxxxxxxx"), "x", "xxxxxxxxxxxxxxxxxxxx"), "x", "xxxxxxxxxxxxxxxxxxxx"), "x", "xxxxxxxxxxxxxxxxxxxx"), "x", "xxxxxxxxxxxxxxxxxxxx"), "x", "xxxxxxxxxxxxxxxxxxxx")`),
		"replace of nothing":           value(fmt.Sprintf(`replace("%s", "", "%s")`, strings.Repeat("x", 60000), strings.Repeat("y", 60000))),
		"a regular expression":         value(fmt.Sprintf(`regexall("((x{30}){30}|y)*z", "%s")`, strings.Repeat("x", 100000))),
		"a regular expression by more": value(fmt.Sprintf(`regex_replace("%s", "x*", "$0$0$0$0%s")`, strings.Repeat("x", 60000), strings.Repeat("y", 60000))),
		"a wide format":                value(`format("%1000000000d", 1)`),
		"a precise format":             value(`format("%.1000000000f", 1)`),
		"a format of a large number":   value(`format("%d", "1e9999999")`),
		"a format that repeats":        value(fmt.Sprintf(`format("%s", "%s")`, strings.Repeat("%[1]s", 20000), strings.Repeat("x", 60000))),
		"a format for each":            value(fmt.Sprintf(`formatlist("%%s%%s", range(1000), "%s")`, strings.Repeat("x", 100000))),
		"spaces":                       value(`indent(1000000000000000, "a\nb")`),
		"many spaces":                  value(fmt.Sprintf(`indent(200000, "%s")`, strings.Repeat(`\n`, 60000))),
		"a number of many digits":      value(`1e9999999`),
		"a small one":                  value(`1e-9999999`),
		"a negative one":               value(`-1e9999999`),
		"one in a text":                value(`"1e9999999" % 7`),
		"one by multiplication":        value(`1e15 * 1e15`),
		"one by power":                 value(`pow(1000, 1000)`),
		"none by power":                value(`pow(-1, 0.5)`),
		"one by JSON":                  value(`jsondecode("1e9999999")`),
		"one by a base":                value(fmt.Sprintf(`parseint("%s", 10)`, strings.Repeat("9", 200000))),
		"a text taken for a number":    value(fmt.Sprintf(`1 + "%s"`, strings.Repeat("9", 200000))),
		"a list joined by much":        value(fmt.Sprintf(`join("%s", range(1000))`, strings.Repeat("x", 200000))),
		"distinct":                     value(`distinct(flatten([for a in range(300): range(300)]))`),
		"a common type of many":        value(`tolist([for a in range(1000): { "a${a}" = 1 }])`),
		"deep JSON":                    value(fmt.Sprintf(`jsondecode("%s")`, strings.Repeat("[", 200000))),
		"brackets":                     value(strings.Repeat("(", deep) + "1" + strings.Repeat(")", deep)),
		"lists":                        value(strings.Repeat("[", deep) + strings.Repeat("]", deep)),
		"not":                          value(strings.Repeat("!", 2*deep) + "true"),
		"minus":                        value(strings.Repeat("-", 2*deep) + "1"),
		"plus":                         value("1" + strings.Repeat("+1", deep)),
		"conditions":                   value(strings.Repeat("true?1:", 30000) + "1"),
		"conditions in lines":          value("(" + strings.Repeat("true?1:\n", 30000) + "1)"),
		"texts in texts":               value(strings.Repeat(`"${`, deep/3) + "1" + strings.Repeat(`}"`, deep/3)),
		"directives":                   value(`"` + strings.Repeat("%{if true}", 20000) + `"`),
		"indexes":                      value("a" + strings.Repeat("[b]", deep/2)),
		"splats":                       value("a" + strings.Repeat("[*]", deep/2)),
		"calls":                        value(strings.Repeat("abs(", deep/3) + "1" + strings.Repeat(")", deep/3)),
		"blocks":                       strings.Repeat("a {\n", deep/4) + strings.Repeat("}\n", deep/4),
		"locals in a row":              row(3000),
		"misspelt names":               "process \"w\" {\n" + names(20000) + "}\n",
		"try":                          value(`try(` + strings.Repeat(`[for a in range(1000): [for b in range(1000): a]], `, 50) + `1)`),
		"dollars":                      value(`"` + strings.Repeat("$", 2*deep) + `"`),
		"percents":                     value(`"` + strings.Repeat("%x", deep) + `"`),
		"lines":                        "process \"w\" {\n  size = <<A\n" + strings.Repeat("\n", 2*deep) + "A\n}\n",
		"heredocs":                     "process \"w\" {\n  size = " + strings.Repeat("<<A\n${", 20000) + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			if len(text) > hcl.MaxBytes {
				t.Fatalf("%d bytes are too many to be read", len(text))
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			began := time.Now()
			_, problems := hcl.Manifest("f", []byte(text), hcl.Inputs{})
			took := time.Since(began)
			_, _ = hcl.Fmt([]byte(text)) // which fails where the parser is kept from it
			runtime.ReadMemStats(&after)
			if problems.Err() == nil {
				t.Fatalf("it is no problem, after %s", took)
			}
			for _, p := range problems {
				if len(p.Message) > 2000 {
					t.Errorf("a message of %d bytes", len(p.Message))
				}
			}
			if most := 20 * time.Second; took > most { // it takes two at most; the rest is for slow machines
				t.Errorf("it took %s", took)
			}
			if got := (after.TotalAlloc - before.TotalAlloc) >> 20; got > 2000 {
				t.Errorf("it took %d MiB", got)
			}
			t.Logf("%s, %d MiB, %.150s", took.Round(time.Millisecond), (after.TotalAlloc-before.TotalAlloc)>>20, problems[0].Message)
		})
	}
}

func value(x string) string { return "process \"w\" {\n  size = " + x + "\n}\n" }

// doubling is locals each of which is made of two of the one before.
func doubling(form, first string) string {
	var b strings.Builder
	b.WriteString("locals {\n  l0 = " + first + "\n")
	for i := range 40 {
		before := fmt.Sprintf("local.l%d", i)
		if strings.Contains(form, `"%s"`) {
			fmt.Fprintf(&b, "  l%d = "+form+"\n", i+1, before, "${"+before+"}")
		} else {
			fmt.Fprintf(&b, "  l%d = "+form+"\n", i+1, before, before)
		}
	}
	return b.String() + "}\n"
}

func row(n int) string {
	var b strings.Builder
	b.WriteString("locals {\n")
	for i := range n {
		fmt.Fprintf(&b, "  l%d = local.l%d\n", i, i+1)
	}
	fmt.Fprintf(&b, "  l%d = 1\n}\n", n)
	return b.String()
}

func names(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "kill%d=1\n", i)
	}
	return b.String()
}

// What people do write is far from the bounds.
func TestLongManifest(t *testing.T) {
	var b strings.Builder
	b.WriteString("locals {\n  env = { A = \"x\", B = \"y\" }\n}\n")
	for i := 0; b.Len() < hcl.MaxBytes-400; i++ {
		fmt.Fprintf(&b, "process \"p%d\" {\n  command = \"bin/p --n ${%d * 2} ${upper(local.env.A)}\"\n  env = merge(local.env, { N = %d })\n  memory = 256 + %d\n  route \"/p%d\" {}\n}\n", i, i, i, i, i)
	}
	if _, problems := hcl.Manifest("f", []byte(b.String()), hcl.Inputs{}); problems != nil {
		t.Error(problems[0])
	}
}
