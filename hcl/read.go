package hcl

import (
	"bytes"
	"fmt"
	"reflect"
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/hashicorp/cronexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"golang.org/x/text/unicode/norm"

	hclv2 "github.com/hashicorp/hcl/v2"

	"github.com/dynomad/dynomad"
)

// Manifest reads an app's dynomad.hcl. file is its name in problems. If Problems.Err is not nil the Manifest holds what
// could be read.
func Manifest(file string, src []byte, in Inputs) (dynomad.Manifest, dynomad.Problems) {
	r, body := parse(file, src)
	if body == nil {
		return dynomad.Manifest{}, r.problems()
	}
	var f manifestFile
	p := &processes{reader: r, of: manifestLanguage()}
	r.whole(body, manifestLanguage(), in, reflect.ValueOf(&f).Elem(), special{"process": p.read, "cron": p.read})
	return dynomad.Manifest{Processes: p.found, Domains: f.Domains, Nomad: f.Nomad}, r.problems()
}

// Template reads a file of templates/process, which may say of the cluster's sizes and isolation as well, into d. What
// an earlier file has said of the same process or size is a problem.
func Template(file string, src []byte, d *Defaults) dynomad.Problems {
	r, body := parse(file, src)
	if body == nil {
		return r.problems()
	}
	f := templateFile{Exec: d.Exec, Docker: d.Docker, Allow: d.Allow}
	p := &processes{reader: r, of: templateLanguage(), found: d.Processes}
	r.whole(body, templateLanguage(), Inputs{}, reflect.ValueOf(&f).Elem(), special{
		"process": p.read, "size": func(b *hclsyntax.Block) { r.size(b, d) },
	})
	d.Processes, d.Exec, d.Docker, d.Allow = p.found, f.Exec, f.Docker, f.Allow
	return r.problems()
}

// whole reads a file: first what others refer to, then the rest.
func (r *reader) whole(body *hclsyntax.Body, of *setting, in Inputs, into reflect.Value, others special) {
	others["variable"] = func(*hclsyntax.Block) {}
	others["locals"] = func(*hclsyntax.Block) {}
	r.declareVariables(body, of, in)
	r.declareLocals(body)
	r.computeLocals()
	r.body(body, of, into, others)
}

// processes reads the blocks process and cron, which share their names.
type processes struct {
	reader *reader
	of     *setting
	found  map[dynomad.ProcessType]dynomad.Settings
}

func (p *processes) read(b *hclsyntax.Block) {
	of := p.of.find(b.Type)
	if !p.reader.label(b, of) {
		return
	}
	name := dynomad.ProcessType(b.Labels[0])
	if _, twice := p.found[name]; twice {
		p.reader.thereTwice(b)
		return
	}
	if p.found == nil {
		p.found = map[dynomad.ProcessType]dynomad.Settings{}
	}
	var read templateBlock // it has all settings, at the places where the others have them
	p.reader.body(b.Body, of, reflect.ValueOf(&read).Elem(), nil)
	if b.Type == "cron" && b.Body.Attributes["schedule"] == nil {
		p.reader.fail(b.DefRange(), fmt.Sprintf("the cron %q does not say when it runs", name), `write schedule = "0 3 * * *", for example: every day at three`)
	}
	p.found[name] = read.Settings
}

func (r *reader) size(b *hclsyntax.Block, d *Defaults) {
	of, name := templateLanguage().find("size"), b.Labels[0]
	if _, twice := d.Sizes[name]; twice {
		r.thereTwice(b)
		return
	}
	var read sizeBlock
	r.body(b.Body, of, reflect.ValueOf(&read).Elem(), nil)
	if read.CPU == nil && read.Cores == nil || read.Memory == nil {
		r.fail(b.DefRange(), fmt.Sprintf("the size %q needs cpu or cores, and memory", name), "say cpu in MHz and memory in MiB")
		return
	}
	if d.Sizes == nil {
		d.Sizes = map[string]Size{}
	}
	d.Sizes[name] = Size{CPU: orZero(read.CPU), Cores: orZero(read.Cores), Memory: *read.Memory, MemoryMax: orZero(read.MemoryMax)}
}

func orZero(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

// decomposed warns of characters that HCL changes: it puts an e and an accent after it together, and a command would then
// not be what was written, byte for byte.
func (r *reader) decomposed() {
	if norm.NFC.IsNormal(r.src) {
		return
	}
	number, begin := 0, 0
	for line := range bytes.Lines(r.src) {
		number++
		if at := difference(line, norm.NFC.Bytes(line)); at < len(line) && !endOfEscape.Match(line[:at+1]) {
			at += begin
			r.warn(hclv2.Range{Start: hclv2.Pos{Line: number, Byte: at}, End: hclv2.Pos{Line: number, Byte: at + 1}},
				"this character is written as a letter and an accent after it, and is read as one character",
				"where the bytes matter, have printf write them: $(printf 'e\\314\\201')")
			return
		}
		begin += len(line)
	}
}

// difference is where two texts begin to differ: at the beginning of a character, or at the first's end.
func difference(a, b []byte) int {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	if i == len(a) {
		return i
	}
	for i > 0 && !utf8.RuneStart(a[i]) {
		i--
	}
	return i
}

// endOfEscape is one of HCL's names of a character. An accent after it belongs to that, not to its last letter.
var endOfEscape = regexp.MustCompile(`\\([nrt"\\]|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})$`)

// isSchedule is the check of a crontab line, by the library that Nomad has for it.
func isSchedule(text string) (message, hint string) {
	const example = `the fields are minute, hour, day of the month, month, day of the week: "30 3 * * 1-5"`
	when, err := cronexpr.Parse(text)
	if err != nil {
		return fmt.Sprintf("%q is no schedule: %s", text, clause(err.Error())), example
	}
	if when.Next(time.Unix(0, 0)).IsZero() {
		return fmt.Sprintf("%q never comes", text), example
	}
	return "", ""
}

// isTimeZone asks the machine's list of time zones. Where it has none, which zones there are is left to the translator.
func isTimeZone(text string) (message, hint string) {
	if _, err := time.LoadLocation("Europe/Berlin"); err != nil {
		return "", ""
	}
	if _, err := time.LoadLocation(text); err != nil || text == "" || text == "Local" {
		return fmt.Sprintf("there is no time zone %q", text), `write a name such as "Europe/Berlin" or "UTC"`
	}
	return "", ""
}

func isHostname(text string) (message, hint string) {
	name, err := dynomad.ParseHostname(text)
	switch {
	case err != nil:
		return err.Error(), dynomad.HintOf(err)
	case name != text:
		return fmt.Sprintf("%q is not how a host name is written", text), fmt.Sprintf("write %q", name)
	}
	return "", ""
}
