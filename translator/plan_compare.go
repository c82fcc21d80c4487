package translator

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/hashicorp/nomad/api"
)

// Comparable makes two jobs of which the texts differ only where the jobs do, for a difference that people read: both with
// everything filled in that Nomad fills in, and without what it adds by itself. diff is Nomad's own difference of the two,
// which knows what was added: that it does not mention. Neither job is changed.
func Comparable(running, job *api.Job, diff *api.JobDiff) (old, renewed *api.Job) {
	old, renewed = copied(running), copied(job)
	old.Canonicalize()
	renewed.Canonicalize()
	before, after := plainOf(old), plainOf(renewed)
	for _, job := range []map[string]any{before, after} {
		delete(job, "Update") // the groups have it, and it means nothing beside theirs
	}
	level(before, after)
	unmentioned(before, after, diff.Objects)
	for _, pair := range pairs(before["TaskGroups"], after["TaskGroups"]) {
		d := &api.TaskGroupDiff{}
		if i := slices.IndexFunc(diff.TaskGroups, func(d *api.TaskGroupDiff) bool { return d.Name == pair[0]["Name"] }); i >= 0 {
			d = diff.TaskGroups[i]
		}
		unmentioned(pair[0], pair[1], d.Objects)
		for _, tasks := range pairs(pair[0]["Tasks"], pair[1]["Tasks"]) {
			var objects []*api.ObjectDiff
			if i := slices.IndexFunc(d.Tasks, func(d *api.TaskDiff) bool { return d.Name == tasks[0]["Name"] }); i >= 0 {
				objects = d.Tasks[i].Objects
			}
			unmentioned(tasks[0], tasks[1], objects)
		}
	}
	for i, group := range objectsOf(after["TaskGroups"]) { // of a new one, what it says is enough
		if !slices.ContainsFunc(objectsOf(before["TaskGroups"]), func(o map[string]any) bool { return o["Name"] == group["Name"] }) {
			after["TaskGroups"].([]any)[i] = objectsOf(plainOf(job)["TaskGroups"])[i]
		}
	}
	return jobOf(before), jobOf(after)
}

// unmentioned takes out of a part of the job that runs what Nomad has added to it: identities, and constraints that follow
// from what the job uses. They are not in the other job, and yet Nomad's difference does not have them.
func unmentioned(before, after map[string]any, objects []*api.ObjectDiff) {
	mentioned := func(name string) bool {
		return slices.ContainsFunc(objects, func(o *api.ObjectDiff) bool { return o.Name == name && o.Type != diffNone })
	}
	for name, object := range map[string]string{"Identity": "Identity", "Identities": "Identity", "Constraints": "Constraint"} {
		if mentioned(object) || len(objectsOf(after[name])) == len(objectsOf(before[name])) && after[name] != nil {
			continue
		}
		if after[name] == nil {
			delete(before, name)
			continue
		}
		before[name] = after[name] // the same but for what was added
	}
}

// level goes through two trees and takes out of one what says nothing, where the other is silent: Nomad fills in zeros and
// its defaults of them.
func level(before, after map[string]any) {
	for name := range before {
		if after[name] == nil && meansNothing(name, before[name]) {
			delete(before, name)
		}
	}
	for name := range after {
		if before[name] == nil && meansNothing(name, after[name]) {
			delete(after, name)
		}
	}
	for name, old := range before {
		renewed := after[name]
		if meansNothing(name, old) && meansNothing(name, renewed) {
			delete(before, name)
			delete(after, name)
			continue
		}
		if o, ok := old.(map[string]any); ok {
			if r, ok := renewed.(map[string]any); ok {
				level(o, r)
			}
			continue
		}
		for _, pair := range pairs(old, renewed) {
			level(pair[0], pair[1])
		}
	}
}

// meansNothing says whether a value is what Nomad takes where none is given.
func meansNothing(name string, value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case bool:
		return !v && name != "Value"
	case float64:
		return v == 0 && name != "Count"
	case string:
		named := name == "Name" && strings.HasPrefix(v, "service: ") && strings.HasSuffix(v, " check") // as Nomad calls a check
		return v == "" || named || v == "default" && slices.Contains([]string{"NodePool", "HostNetwork", "Cluster", "Namespace"}, name)
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// pairs are the objects of two lists that are about the same thing: that have the same name, file or place.
func pairs(before, after any) [][2]map[string]any {
	var out [][2]map[string]any
	others := objectsOf(after)
	for i, one := range objectsOf(before) {
		j := slices.IndexFunc(others, func(other map[string]any) bool { return sameThing(one, other) })
		if j < 0 && i < len(others) && (!toldApart(one) || !toldApart(others[i])) {
			j = i
		}
		if j >= 0 {
			out = append(out, [2]map[string]any{one, others[j]})
		}
	}
	return out
}

// tellApart is what tells one object of a list from another, in Nomad's words.
func tellApart() []string {
	return []string{"Name", "DestPath", "RelativeDest", "Destination", "Label"}
}

func toldApart(object map[string]any) bool {
	return slices.ContainsFunc(tellApart(), func(key string) bool { s, ok := object[key].(string); return ok && s != "" })
}

func sameThing(one, other map[string]any) bool {
	return slices.ContainsFunc(tellApart(), func(key string) bool {
		s, ok := one[key].(string)
		return ok && s != "" && other[key] == s
	})
}

// objectsOf is a value as a list of objects, empty if it is none.
func objectsOf(value any) []map[string]any {
	items, _ := value.([]any)
	var out []map[string]any
	for _, item := range items {
		if object, ok := item.(map[string]any); ok {
			out = append(out, object)
		}
	}
	return out
}

func plainOf(job *api.Job) map[string]any {
	var out map[string]any
	convert(job, &out)
	return out
}

func jobOf(plain map[string]any) *api.Job {
	var out api.Job
	convert(plain, &out)
	return &out
}

// copied is a job that shares nothing with another.
func copied(job *api.Job) *api.Job {
	var out api.Job
	convert(job, &out)
	return &out
}

// convert goes by way of JSON, which Nomad itself sends jobs as.
func convert(from, to any) {
	text, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(text, to)
	}
	if err != nil {
		panic("translator: a job that is no JSON: " + err.Error()) // Nomad's own answer, or made by Translate
	}
}
