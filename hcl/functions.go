package hcl

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	hclv2 "github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// builtin is a function that an expression may call. All are pure: none reads a file, the clock or the environment.
type builtin struct {
	function.Function
	price price // nil: no more than its arguments and its result
	use   string
	group string
}

// builtins are the functions by name. try and can are no functions: they are in call.
var builtins = sync.OnceValue(func() map[string]builtin {
	all := map[string]builtin{}
	for group, functions := range map[string]map[string]builtin{
		"Texts": textFunctions(), "Numbers": numberFunctions(), "Lists and names": listFunctions(), "Encodings and types": encodingFunctions(),
	} {
		for name, f := range functions {
			f.group = group
			all[name] = f
		}
	}
	return all
})

func textFunctions() map[string]builtin {
	return map[string]builtin{
		"chomp":         {Function: stdlib.ChompFunc, use: "chomp(text): without line ends at its end"},
		"endswith":      {Function: predicate(strings.HasSuffix), use: "endswith(text, end)"},
		"format":        {Function: stdlib.FormatFunc, price: formatting, use: `format("%s-%02d", text, number)`},
		"formatlist":    {Function: stdlib.FormatListFunc, price: formatting, use: `formatlist("%s.example.com", list): a text for each element`},
		"indent":        {Function: stdlib.IndentFunc, price: indenting, use: "indent(spaces, text): all lines but the first"},
		"join":          {Function: stdlib.JoinFunc, price: joining, use: `join(", ", list)`},
		"lower":         {Function: stdlib.LowerFunc, use: "lower(text)"},
		"regex":         {Function: stdlib.RegexFunc, price: matchingOnce, use: "regex(pattern, text): the first match"},
		"regexall":      {Function: stdlib.RegexAllFunc, price: matchingAll, use: "regexall(pattern, text): a list of all matches"},
		"regex_replace": {Function: stdlib.RegexReplaceFunc, price: matchingReplacing, use: "regex_replace(text, pattern, by): $1 in by is the first group"},
		"replace":       {Function: stdlib.ReplaceFunc, price: replacing, use: "replace(text, what, by)"},
		"split":         {Function: stdlib.SplitFunc, price: func(a []cty.Value) int { return size(a[1]) }, use: `split(",", text): a list`},
		"startswith":    {Function: predicate(strings.HasPrefix), use: "startswith(text, beginning)"},
		"strcontains":   {Function: predicate(strings.Contains), use: "strcontains(text, part)"},
		"strlen":        {Function: stdlib.StrlenFunc, use: "strlen(text): how many characters"},
		"strrev":        {Function: stdlib.ReverseFunc, use: "strrev(text): backwards"},
		"substr":        {Function: stdlib.SubstrFunc, use: "substr(text, from, length)"},
		"title":         {Function: stdlib.TitleFunc, use: "title(text): Each Word Like This"},
		"trim":          {Function: stdlib.TrimFunc, price: product, use: `trim(text, characters): without these at both ends`},
		"trimprefix":    {Function: stdlib.TrimPrefixFunc, use: "trimprefix(text, beginning)"},
		"trimspace":     {Function: stdlib.TrimSpaceFunc, use: "trimspace(text)"},
		"trimsuffix":    {Function: stdlib.TrimSuffixFunc, use: "trimsuffix(text, end)"},
		"upper":         {Function: stdlib.UpperFunc, use: "upper(text)"},
	}
}

func numberFunctions() map[string]builtin {
	return map[string]builtin{
		"abs":      {Function: stdlib.AbsoluteFunc, use: "abs(number)"},
		"ceil":     {Function: stdlib.CeilFunc, use: "ceil(number): the next whole number upwards"},
		"floor":    {Function: stdlib.FloorFunc, use: "floor(number)"},
		"max":      {Function: stdlib.MaxFunc, use: "max(number, …)"},
		"min":      {Function: stdlib.MinFunc, use: "min(number, …)"},
		"parseint": {Function: stdlib.ParseIntFunc, use: "parseint(text, base)"},
		"pow":      {Function: stdlib.PowFunc, use: "pow(number, power)"},
		"signum":   {Function: stdlib.SignumFunc, use: "signum(number): -1, 0 or 1"},
	}
}

func listFunctions() map[string]builtin {
	return map[string]builtin{
		"chunklist":    {Function: stdlib.ChunklistFunc, use: "chunklist(list, size): a list of lists"},
		"coalesce":     {Function: stdlib.CoalesceFunc, price: square, use: "coalesce(value, …): the first that is not null"},
		"coalescelist": {Function: stdlib.CoalesceListFunc, price: square, use: "coalescelist(list, …): the first that is not empty"},
		"compact":      {Function: stdlib.CompactFunc, use: "compact(list): without empty texts"},
		"concat":       {Function: stdlib.ConcatFunc, price: square, use: "concat(list, …)"},
		"contains":     {Function: stdlib.ContainsFunc, price: square, use: "contains(list, value)"},
		"distinct":     {Function: stdlib.DistinctFunc, price: square, use: "distinct(list): each element once"},
		"element":      {Function: stdlib.ElementFunc, use: "element(list, index): begins again after the last"},
		"flatten":      {Function: stdlib.FlattenFunc, price: square, use: "flatten(list): lists in it become their elements"},
		"index":        {Function: stdlib.IndexFunc, use: "index(list, number): an element"},
		"keys":         {Function: stdlib.KeysFunc, use: "keys(names)"},
		"length":       {Function: stdlib.LengthFunc, use: "length(list)"},
		"lookup":       {Function: stdlib.LookupFunc, price: square, use: "lookup(names, name, otherwise)"},
		"merge":        {Function: stdlib.MergeFunc, price: square, use: "merge(names, …): later ones win"},
		"range":        {Function: stdlib.RangeFunc, price: func([]cty.Value) int { return maxRange }, use: "range(from, to, step): numbers, to not among them"},
		"reverse":      {Function: stdlib.ReverseListFunc, use: "reverse(list)"},
		"slice":        {Function: stdlib.SliceFunc, use: "slice(list, from, to)"},
		"sort":         {Function: stdlib.SortFunc, price: square, use: "sort(list): of texts"},
		"values":       {Function: stdlib.ValuesFunc, use: "values(names): in the order of the names"},
		"zipmap":       {Function: stdlib.ZipmapFunc, price: square, use: "zipmap(names, values)"},
	}
}

// maxRange is the longest list that range makes.
const maxRange = 1024

func encodingFunctions() map[string]builtin {
	return map[string]builtin{
		"base64decode": {Function: encoder(unbase64), use: "base64decode(text)"},
		"base64encode": {Function: encoder(func(s string) (string, error) { return base64.StdEncoding.EncodeToString([]byte(s)), nil }), use: "base64encode(text)"},
		"csvdecode":    {Function: stdlib.CSVDecodeFunc, price: square, use: "csvdecode(text): a list with the names of the first line"},
		"jsondecode":   {Function: stdlib.JSONDecodeFunc, price: deepJSON, use: "jsondecode(text)"},
		"jsonencode":   {Function: stdlib.JSONEncodeFunc, use: "jsonencode(value)"},
		"tobool":       {Function: stdlib.MakeToFunc(cty.Bool), use: "tobool(value)"},
		"tolist":       {Function: stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType)), price: square, use: "tolist(value)"},
		"tomap":        {Function: stdlib.MakeToFunc(cty.Map(cty.DynamicPseudoType)), price: square, use: "tomap(value)"},
		"tonumber":     {Function: stdlib.MakeToFunc(cty.Number), use: "tonumber(value)"},
		"tostring":     {Function: stdlib.MakeToFunc(cty.String), use: "tostring(value)"},
		"urlencode":    {Function: encoder(func(s string) (string, error) { return url.QueryEscape(s), nil }), use: "urlencode(text): for a query"},
	}
}

func predicate(f func(text, part string) bool) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "text", Type: cty.String}, {Name: "part", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return cty.BoolVal(f(args[0].AsString(), args[1].AsString())), nil
		},
	})
}

func encoder(f func(string) (string, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "text", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			text, err := f(args[0].AsString())
			return cty.StringVal(text), err
		},
	})
}

func unbase64(s string) (string, error) {
	plain, err := base64.StdEncoding.DecodeString(s)
	if err == nil && !utf8.Valid(plain) {
		err = errors.New("what it encodes is no text")
	}
	return string(plain), err
}

// functionNames are all that may be called.
func functionNames() []string {
	return slices.Sorted(maps.Keys(callable()))
}

var callable = sync.OnceValue(func() map[string]function.Function {
	functions := map[string]function.Function{"try": {}, "can": {}}
	for name, f := range builtins() {
		functions[name] = f.Function
	}
	return functions
})

// call is NAME(…).
func (e *evaluator) call(x *hclsyntax.FunctionCallExpr) (cty.Value, bool) {
	switch f, known := builtins()[x.Name]; {
	case x.Name == "try":
		return e.try(x)
	case x.Name == "can":
		return e.can(x)
	case !known:
		return e.fail(x.NameRange, fmt.Sprintf("there is no function %q", x.Name), didYouMean(x.Name, functionNames(), "`dynomad hcl docs functions` lists them"))
	default:
		args, ok := e.parts(x.Args)
		if !ok {
			return cty.NilVal, false
		}
		return e.callWith(x, f, args)
	}
}

func (e *evaluator) callWith(x *hclsyntax.FunctionCallExpr, f builtin, args []hclsyntax.Expression) (cty.Value, bool) {
	args, ok := e.expanded(x, args)
	if !ok {
		return cty.NilVal, false
	}
	values, fit := e.prepared(f.Function, args)
	if !fit {
		return cty.NilVal, false
	}
	if f.price != nil && values != nil && !e.pay(f.price(values), x.Range()) {
		return cty.NilVal, false
	}
	y := *x
	y.Args, y.ExpandFinal = args, false
	v, diagnostics := y.Value(&hclv2.EvalContext{Functions: callable()})
	if !diagnostics.HasErrors() {
		return e.done(x, v)
	}
	for _, d := range diagnostics {
		if extra, ok := d.Extra.(hclsyntax.FunctionCallDiagExtra); ok {
			if _, panicked := errors.AsType[function.PanicError](extra.FunctionCallError()); panicked {
				return e.fail(x.Range(), x.Name+" cannot compute this", "")
			}
		}
	}
	e.found = append(e.found, diagnostics...)
	return cty.NilVal, false
}

// expanded puts the elements of the last argument in its place where ... is written behind it.
func (e *evaluator) expanded(x *hclsyntax.FunctionCallExpr, args []hclsyntax.Expression) ([]hclsyntax.Expression, bool) {
	if !x.ExpandFinal || len(args) == 0 {
		return args, true
	}
	last := args[len(args)-1].(*hclsyntax.LiteralValueExpr)
	if t := last.Val.Type(); last.Val.IsNull() || !isList(t) {
		e.fail(last.Range(), "only a list can have ... behind it", "")
		return nil, false
	}
	args = slices.Clone(args[:len(args)-1])
	for _, element := range last.Val.AsValueSlice() {
		args = append(args, literally(element, last.Range()))
	}
	return args, true
}

// prepared are the arguments as the function will see them, so that its price is not reckoned from something else; nil where
// they do not fit, which HCL then says.
func (e *evaluator) prepared(f function.Function, args []hclsyntax.Expression) (values []cty.Value, fit bool) {
	params := f.Params()
	for i, arg := range args {
		literal := arg.(*hclsyntax.LiteralValueExpr)
		of := cty.DynamicPseudoType
		if i < len(params) {
			of = params[i].Type
		} else if f.VarParam() != nil {
			of = f.VarParam().Type
		}
		if of == cty.Number && !e.digits(literal) {
			return nil, false
		}
		v, err := convert.Convert(literal.Val, of)
		if err != nil || v.IsNull() && of != cty.DynamicPseudoType {
			return nil, true
		}
		if _, ok := e.done(arg, v); !ok {
			return nil, false
		}
		values = append(values, v)
	}
	if len(args) < len(params) {
		return nil, true
	}
	return values, true
}

// try is the first of its arguments that can be computed.
func (e *evaluator) try(x *hclsyntax.FunctionCallExpr) (cty.Value, bool) {
	for i, arg := range x.Args {
		if i == len(x.Args)-1 {
			return e.eval(arg) // what is wrong with the last is the problem
		}
		p, ok := e.quietly(func() (*hclsyntax.LiteralValueExpr, bool) { return e.part(arg) })
		if ok {
			return p.Val, true
		}
		if e.spent {
			return cty.NilVal, false
		}
	}
	return e.fail(x.Range(), "try needs something to try", "")
}

// can says whether its argument can be computed.
func (e *evaluator) can(x *hclsyntax.FunctionCallExpr) (cty.Value, bool) {
	if len(x.Args) != 1 {
		return e.fail(x.Range(), "can needs one expression", "")
	}
	_, ok := e.quietly(func() (*hclsyntax.LiteralValueExpr, bool) { return e.part(x.Args[0]) })
	return cty.BoolVal(ok), !e.spent
}

func isList(t cty.Type) bool { return t.IsTupleType() || t.IsListType() || t.IsSetType() }
