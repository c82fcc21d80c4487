// Package hcl reads and writes HCL, and is the only one that does.
//
// What people write, it reads: an app's dynomad.hcl (Manifest), the values of its variables (Variables) and the files in
// templates/process (Template). There is one schema: the fields of dynomad.Settings, whose JSON names are the names in the
// file, and a table with what is to be said of each (documentation.go). The reader, FormatManifest, the reference page and
// the editors' JSON schema walk over it (schema.go), so that none of them can know a setting that the others do not.
//
// Every problem of a file is reported at once, with its place and, where a name is only misspelt, the name that was meant.
//
// Expressions are computed by an evaluator of our own (evaluate.go) that pays for each step out of a budget: manifests come
// from anybody, and HCL's own would compute for hours if somebody asked it to.
//
// What Nomad runs, it prints: FormatJob gives a job as jobspec text that `nomad job run` takes and that Nomad reads back as
// the same job. The text is made from the job and never parsed back by us, so nothing that a user wrote can break out
// of its string.
//
//	what there is to say   schema.go, documentation.go, and what is made of them: reference.go, jsonschema.go, becomes.go
//	reading                read.go, reader.go, block.go, value.go, variable.go; shape.go keeps the parser from overflowing,
//	                       place.go finds a setting's line, suggest.go what was meant
//	computing              evaluate*.go, names.go, functions.go, price.go
//	Nomad's own words      overlay*.go reads them, nomad.go says where jobspecs differ from the tags of Nomad's types
//	printing               format.go a job, manifest.go a manifest, fmt.go a file as it is; printer.go, literal.go, quote.go
package hcl
