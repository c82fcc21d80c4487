package router

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/fabiolb/fabio/route"
)

// tagPrefix marks the tags of a Consul service that are routes.
const tagPrefix = "urlprefix-"

// maxWeight bounds a tag's weight. Shares add up to 1; Fabio scales larger sums down, and panics on infinite ones.
const maxWeight = 1e6

var errRedirect = errors.New("a redirect is redirect=CODE,URL with a code from 300 to 399")

// Instance is one instance of a Consul service, reduced to what routing needs.
type Instance struct {
	id         instanceID
	Service    string
	Address    string // host:port
	Datacenter string // what $DC in a tag stands for
	Tags       []string
	Meta       map[string]string // app, type, index, release where Dynomad made it
}

// Line is one route to one instance: a tag, read.
type Line struct {
	Text string // as Fabio's route language says it; also the order among lines
	Def  route.RouteDef
	Host string // the host, or pattern of hosts, that it serves: lower case; "" any
	Dyno Dyno
	from instanceID // whose tag it is
}

// Lines reads the instance's route tags as Fabio 1.7.2 does. A tag that Fabio would choke on (dropping every route of every
// service) or misread in silence gives no line but an error that names it. A warning comes beside its line.
func (i Instance) Lines() (lines []Line, problems []error) {
	dyno := dynoOf(i.Meta)
	for _, tag := range i.Tags {
		tag = strings.TrimSpace(tag)
		if !strings.HasPrefix(tag, tagPrefix) {
			continue
		}
		line, err := i.line(tag)
		if err != nil {
			problems = append(problems, fmt.Errorf("tag %q of service %s: %w", tag, i.Service, err))
			continue
		}
		if err := unheeded(line.Def.Opts); err != nil {
			problems = append(problems, fmt.Errorf("tag %q of service %s: %w", tag, i.Service, err))
		}
		line.Dyno, line.from = dyno, i.id
		lines = append(lines, line)
	}
	return lines, problems
}

func (i Instance) line(tag string) (Line, error) {
	source, options, _ := strings.Cut(strings.TrimSpace(tag[len(tagPrefix):]), " ")
	switch {
	case strings.HasPrefix(source, ":"):
		return Line{}, fmt.Errorf("a route by port is TCP, which this edge does not carry")
	case source == "":
		return Line{}, fmt.Errorf("it names no host or path; a route for all hosts is %s/", tagPrefix)
	}
	for option := range strings.FieldsSeq(options) {
		if strings.HasPrefix(option, "redirect=") && strings.Count(option, ",") != 1 {
			return Line{}, errRedirect // Fabio would proxy instead
		}
	}
	source = i.source(source)
	text := i.text(source, options)
	// Fabio joins all lines by newlines and parses the text: its own parser is the one that cannot disagree with it.
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' }) {
		return Line{}, fmt.Errorf("it contains a control character")
	}
	defs, err := route.Parse(bytes.NewBufferString(text))
	if err != nil || len(defs) != 1 {
		return Line{}, fmt.Errorf("not in Fabio's route language: %s", text)
	}
	if err := sound(*defs[0]); err != nil {
		return Line{}, err
	}
	host, _, _ := strings.Cut(source, "/")
	return Line{Text: text, Def: *defs[0], Host: plainHost(strings.ToLower(host))}, nil
}

// source expands $DC and lowers the host. Without a slash Fabio takes the text as it is.
func (i Instance) source(s string) string {
	host, path, ok := strings.Cut(s, "/")
	if !ok {
		return s
	}
	return strings.ToLower(i.expand(host)) + "/" + i.expand(path)
}

// text is the line that Fabio's Consul registry writes for the tag.
func (i Instance) text(source, options string) string {
	destination, weight, opts := "http://"+i.Address+"/", "", []string(nil)
	for option := range strings.FieldsSeq(options) {
		name, value, _ := strings.Cut(option, "=")
		code, target, _ := strings.Cut(value, ",")
		switch {
		case option == "proto=tcp":
			destination = "tcp://" + i.Address
		case option == "proto=https", option == "proto=grpc", option == "proto=grpcs":
			destination = value + "://" + i.Address
		case name == "weight":
			weight = value
		case name == "redirect" && target != "":
			destination = target
			opts = append(opts, "redirect="+code)
		default:
			opts = append(opts, option)
		}
	}
	text := "route add " + i.Service + " " + source + " " + destination
	if weight != "" {
		text += " weight " + weight
	}
	if tags := i.plainTags(); len(tags) > 0 {
		text += " tags " + strconv.Quote(strings.Join(tags, ","))
	}
	if len(opts) > 0 {
		text += " opts " + strconv.Quote(strings.Join(opts, " "))
	}
	return text
}

// plainTags are the tags that are no routes.
func (i Instance) plainTags() (tags []string) {
	for _, tag := range i.Tags {
		if tag = strings.TrimSpace(tag); !strings.HasPrefix(tag, tagPrefix) {
			tags = append(tags, tag)
		}
	}
	return tags
}

// sound refuses what Fabio accepts and then gets wrong: it would pass a broken access rule by, proxy to a redirect's
// address, or panic. The one-line table makes sure that the line spoils no table that it comes into.
func sound(def route.RouteDef) (err error) {
	defer func() {
		if broken := recover(); broken != nil { // the glob compiler panics on some patterns
			err = fmt.Errorf("the pattern cannot be compiled: %v", broken)
		}
	}()
	scheme, _, _ := strings.Cut(def.Dst, ":")
	code, redirects := def.Opts["redirect"]
	number, codeErr := strconv.Atoi(code)
	switch {
	case !redirects && scheme != "http" && scheme != "https":
		return fmt.Errorf("this edge carries HTTP, not %s", scheme)
	case redirects && (codeErr != nil || number < 300 || number > 399):
		return errRedirect
	case math.IsNaN(def.Weight) || math.Abs(def.Weight) > maxWeight:
		return fmt.Errorf("the weight is not a share of the traffic such as 0.25")
	}
	if err := (&route.Target{Opts: def.Opts, Service: def.Service}).ProcessAccessRules(); err != nil {
		return err
	}
	table, err := route.NewTableCustom(&[]route.RouteDef{def})
	if err != nil {
		return err
	}
	for host := range table {
		_, err = compile(host)
	}
	return err
}

// unheeded warns of options that change nothing here or change more than was meant.
func unheeded(opts map[string]string) error {
	known := []string{
		"strip", "prepend", "host", "redirect", "tlsskipverify", "allow", "deny", "pxyproto", "grpcservername", "register", "proto",
	}
	for name := range opts {
		if name == "auth" {
			return fmt.Errorf("this edge has no auth scheme %q: every request gets 401", opts[name])
		}
		if !slices.Contains(known, name) {
			return fmt.Errorf("option %q is unknown and has no effect", name)
		}
	}
	return nil
}

// Dyno is who a target is, in Heroku's words. Services that Dynomad did not make have none of it.
type Dyno struct {
	App     string
	Name    string // "web.1"
	Release string // "v12"
}

// dynoOf reads the service meta that the translator writes. Indexes count from 0 in Nomad, from 1 in a dyno's name.
func dynoOf(meta map[string]string) Dyno {
	d := Dyno{App: meta["app"], Name: meta["type"], Release: meta["release"]}
	if index, err := strconv.Atoi(meta["index"]); err == nil && index >= 0 && d.Name != "" {
		d.Name += "." + strconv.Itoa(index+1)
	}
	return d
}

// expand replaces $DC by the datacenter and any other variable by nothing, as Fabio does.
func (i Instance) expand(s string) string {
	return os.Expand(s, func(name string) string {
		if name == "DC" {
			return i.Datacenter
		}
		return ""
	})
}
