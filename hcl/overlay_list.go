package hcl

import (
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// list reads blocks that are the elements of a list.
func (o *overlayReader) list(p patch, m member, bs []*hclsyntax.Block, t reflect.Type, cleared bool) {
	var set, gone []any
	unnamed := 0
	id := o.identity(t)
	for _, b := range bs {
		element, ok := o.element(b, t)
		if !ok {
			continue
		}
		if own := t == typeTask || t == typeService; own && element.set["Name"] == nil {
			if unnamed++; unnamed > 1 {
				o.fail(b.TypeRange, "there are two "+b.Type+" blocks without a name", "join the two blocks, or give one a name")
			}
		}
		if len(element.clear) > 0 && element.set[id] != nil {
			element.clear[id] = element.set[id]
		}
		if len(element.clear) > 0 || t == typeNetwork { // networks go by their place
			gone = append(gone, element.clear)
		}
		set = append(set, element.set)
	}
	if cleared {
		delete(p.clear, m.field)
		p.set[m.field] = append([]any{nil}, set...)
		return
	}
	p.set[m.field] = set
	if id != "" && slices.ContainsFunc(gone, func(c any) bool { return len(c.(map[string]any)) > 0 }) { //nolint:forcetypeassert // put there above
		p.clear[m.field] = gone
	}
}

// identity is by which field two elements of a list are the same thing, or "" where a list replaces the other as a whole.
func (o *overlayReader) identity(t reflect.Type) string {
	switch t.Name() {
	case "Task", "Service", "WorkloadIdentity", "Action", "Secret":
		return "Name"
	case "Template":
		return "DestPath"
	case "TaskArtifact":
		return "RelativeDest"
	case "VolumeMount":
		return "Destination"
	case "NetworkResource":
		return "\x00place" // no field is called this
	default:
		return ""
	}
}

// labelField is the field that a block's label fills, or "".
func (o *overlayReader) labelField(t reflect.Type) string {
	for _, m := range o.members(t) {
		if m.kind == memberLabel {
			return m.field
		}
	}
	return ""
}

// element reads one block of a list.
func (o *overlayReader) element(b *hclsyntax.Block, t reflect.Type) (patch, bool) {
	label := o.labelField(t)
	switch {
	case t == typePolicy:
		return o.policy(b)
	case t == typeTask && len(b.Labels) == 0: // the process's own
		return o.body(b.Body, t, b.Type), true
	case label == "":
		return o.body(b.Body, t, b.Type), o.unlabelled(b)
	}
	name, ok := o.labelled(b, false)
	if ok && t == typeTask && reservedTask.MatchString(name) {
		o.fail(b.LabelRanges[0], "the task name "+strconv.Quote(name)+" is Dynomad's own", "a task block without a name is the process's own task")
	}
	p := o.body(b.Body, t, b.Type)
	p.set[label] = name
	return p, ok
}

// reservedTask are the names of a release's own tasks.
var reservedTask = regexp.MustCompile(`^(v[0-9]+|agent)$`)

// policy reads a task's scaling policy, whose label is its type.
func (o *overlayReader) policy(b *hclsyntax.Block) (patch, bool) {
	label, ok := o.labelled(b, false)
	if !ok {
		return patch{}, false
	}
	if label = strings.ToLower(label); label != "cpu" && label != "mem" {
		o.fail(b.LabelRanges[0], "a task's scaling is that of \"cpu\" or \"mem\"", "")
		return patch{}, false
	}
	p := o.body(b.Body, typePolicy, b.Type)
	if kind, said := p.set["Type"]; said && kind != vertical+label {
		o.fail(b.LabelRanges[0], "the type of this scaling is not "+strconv.Quote(vertical+label), "leave the type out")
	}
	p.set["Type"] = vertical + label
	return p, true
}

// divided reads those blocks that Nomad sorts into two fields after reading.
func (o *overlayReader) divided(p patch, bs []*hclsyntax.Block, t reflect.Type) {
	first, second := "DynamicPorts", "ReservedPorts" // of a network
	if t == typeTask {
		first, second = "Identities", "Identity"
	}
	lists := map[string][]any{}
	for _, m := range o.named(t, bs[0].Type) {
		if _, cleared := p.clear[m.field]; cleared && m.field != "Identity" {
			delete(p.clear, m.field)
			p.set[m.field] = nil
			lists[m.field] = []any{nil}
		}
	}
	for _, b := range bs {
		into := first
		element, ok := o.element(b, pointed(o.elementType(t, first)))
		name, _ := element.set["Name"].(string)
		static, _ := element.set["Value"].(int64)
		switch {
		case !ok:
			continue
		case t == typeTask && (name == "" || name == "default") && p.set[second] == nil:
			p.set[second] = element.set
			continue
		case t == typeNetwork && static > 0:
			into = second
		}
		lists[into] = append(lists[into], element.set)
	}
	for field, list := range lists {
		if len(list) > 1 || len(list) == 1 && list[0] != nil {
			p.set[field] = list
		}
	}
}

func (o *overlayReader) elementType(t reflect.Type, field string) reflect.Type {
	f, _ := t.FieldByName(field)
	return f.Type.Elem()
}

// everyTask gives a group's vault and secret blocks to those of its tasks that have none of their own: the process's own
// and those that stand here.
func (o *overlayReader) everyTask(p patch, blocks map[string][]*hclsyntax.Block) {
	vaults, secrets := blocks["vault"], blocks["secret"]
	if len(vaults)+len(secrets) == 0 {
		return
	}
	of := patch{clear: map[string]any{}, set: map[string]any{}}
	for _, bs := range [][]*hclsyntax.Block{vaults, secrets} {
		if len(bs) > 0 {
			o.blocks(of, bs, typeTask, "task", false)
		}
	}
	tasks, _ := p.set["Tasks"].([]any)
	if !slices.ContainsFunc(tasks, func(t any) bool { m, ok := t.(map[string]any); return ok && m["Name"] == nil }) {
		tasks = append(tasks, map[string]any{})
	}
	for _, task := range tasks {
		if task, ok := task.(map[string]any); ok {
			if vault, said := of.set["Vault"]; said && task["Vault"] == nil {
				task["Vault"] = vault
			}
			if more, _ := of.set["Secrets"].([]any); len(more) > 0 {
				own, _ := task["Secrets"].([]any)
				task["Secrets"] = slices.Concat(own, more)
			}
		}
	}
	p.set["Tasks"] = tasks
}
