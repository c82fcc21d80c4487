package hcl

import (
	"reflect"
	"strings"

	"github.com/hashicorp/nomad/api"
)

// The structs of Nomad's api carry their HCL names as tags. What jobspecs say differently from the tags stands in this file.

// member is a field of one of Nomad's structs as HCL says it.
type member struct {
	name     string // in HCL; "" of a label that has none
	field    string // in Nomad's JSON
	index    int
	kind     memberKind
	required bool // Nomad's parser wants it, be it empty
}

type memberKind int

const (
	memberSetting memberKind = iota
	memberBlock
	memberLabel // of the struct's own block
)

// anatomy knows the members of Nomad's structs. It is made for one text, so that nothing is shared.
type anatomy map[reflect.Type][]member

func (a anatomy) members(t reflect.Type) []member {
	if known, ok := a[t]; ok {
		return known
	}
	members := make([]member, 0, t.NumField())
	for i := range t.NumField() {
		f := t.Field(i)
		tag := tagOf(t, f)
		if tag == "" || tag == "-" {
			continue
		}
		name, rest, _ := strings.Cut(tag, ",")
		m := member{name: name, field: f.Name, index: i}
		switch rest {
		case "block":
			m.kind = memberBlock
		case "label":
			m.kind = memberLabel
		case "":
			m.required = f.Type.Kind() != reflect.Pointer
		}
		members = append(members, m)
	}
	a[t] = members
	return members
}

// tagOf is a field's tag. Nomad's parser moves some things after reading, out of the tagged field into another: there the
// other one says the same.
func tagOf(t reflect.Type, f reflect.StructField) string {
	switch {
	case t == typeTask && f.Name == "Identity": // the identity without a name, or "default"
		return "identity,block"
	case t == typeNetwork && f.Name == "ReservedPorts": // the ports that have a static one
		return "port,block"
	}
	return f.Tag.Get("hcl")
}

var (
	typeJob        = reflect.TypeFor[api.Job]()
	typeGroup      = reflect.TypeFor[api.TaskGroup]()
	typeTask       = reflect.TypeFor[api.Task]()
	typeService    = reflect.TypeFor[api.Service]()
	typeResources  = reflect.TypeFor[api.Resources]()
	typeNetwork    = reflect.TypeFor[api.NetworkResource]()
	typePolicy     = reflect.TypeFor[api.ScalingPolicy]()
	typeConstraint = reflect.TypeFor[api.Constraint]()
	typeAffinity   = reflect.TypeFor[api.Affinity]()
)

// The kinds of a task's scaling policies: a label in HCL, a type in the api.
const (
	horizontal = "horizontal"
	vertical   = "vertical_"
)

// policyLabel is how a task's block is labelled that has this policy: "cpu" or "mem".
func policyLabel(v reflect.Value) string {
	return strings.TrimPrefix(v.FieldByName("Type").String(), vertical)
}

// pointed is what a type of pointers points to, or the type itself.
func pointed(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}
