package httpapi

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/dynomad/dynomad"
)

// maxPage is the most entries that a Range may ask for at once.
const maxPage = 1000

// field is something that a list may be ordered by.
type field[T any] struct {
	name string
	of   func(T) string
}

// listRange is a Range header: FIELD [START]..[END]; max=N, order=desc. A ] before a bound leaves the bound out.
type listRange struct {
	field      string
	start, end string // "": none
	afterStart bool   // the entry at start itself is left out
	beforeEnd  bool
	max        int // 0: all
	descending bool
}

// page answers a list. Without a Range header that is everything, in the order given. With one it is ordered by that field
// and cut; if something is left for another page, the status is 206 and Next-Range says how to ask for it.
func page[T any](c *call, items []T, fields ...field[T]) ([]T, error) {
	if items == nil {
		items = []T{}
	}
	header := strings.TrimSpace(c.r.Header.Get("Range"))
	c.w.Header().Set("Accept-Ranges", names(fields))
	if header == "" {
		return items, nil
	}
	r, err := parseRange(header)
	at := slices.IndexFunc(fields, func(f field[T]) bool { return f.name == r.field })
	if err != nil || at < 0 {
		return nil, rangeError{dynomad.Errorf(dynomad.KindInvalid, "the Range %q does not fit this list", header).
			WithHint("for example: %s ..; order=desc, max=10", fields[0].name)}
	}
	of := fields[at].of
	items = slices.DeleteFunc(slices.Clone(items), func(item T) bool { return !r.covers(of(item)) })
	slices.SortStableFunc(items, func(a, b T) int {
		if r.descending {
			a, b = b, a
		}
		return compare(of(a), of(b))
	})
	if r.max > 0 && len(items) > r.max {
		items = items[:r.max]
		last := of(items[r.max-1])
		c.status = http.StatusPartialContent
		c.w.Header().Set("Content-Range", fmt.Sprintf("%s %s..%s", r.field, of(items[0]), last))
		c.w.Header().Set("Next-Range", r.after(last))
	}
	return items, nil
}

// rangeError is an Invalid error with a status of its own.
type rangeError struct{ err *dynomad.Error }

func (e rangeError) Error() string { return e.err.Error() }
func (e rangeError) Unwrap() error { return e.err }

func names[T any](fields []field[T]) string {
	list := make([]string, len(fields))
	for i, f := range fields {
		list[i] = f.name
	}
	return strings.Join(list, ", ")
}

func parseRange(header string) (listRange, error) {
	bounds, params, _ := strings.Cut(header, ";")
	name, span, _ := strings.Cut(strings.TrimSpace(bounds), " ")
	start, end, ok := strings.Cut(strings.TrimSpace(span), "..")
	if !ok {
		return listRange{}, fmt.Errorf("no bounds in %q", header)
	}
	r := listRange{field: name}
	r.start, r.afterStart = strings.CutPrefix(start, "]")
	r.end, r.beforeEnd = strings.CutPrefix(end, "]")
	for _, param := range strings.FieldsFunc(params, func(sign rune) bool { return strings.ContainsRune(";, ", sign) }) {
		key, value, _ := strings.Cut(param, "=")
		switch {
		case key == "max":
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 || n > maxPage {
				return listRange{}, fmt.Errorf("max is not from 1 to %d", maxPage)
			}
			r.max = n
		case key == "order" && (value == "desc" || value == "asc"):
			r.descending = value == "desc"
		default:
			return listRange{}, fmt.Errorf("unknown parameter %q", param)
		}
	}
	return r, nil
}

// after is the Range of what follows the entry last.
func (r listRange) after(last string) string {
	end := r.end
	if r.beforeEnd {
		end = "]" + end
	}
	next := fmt.Sprintf("%s ]%s..%s; max=%d", r.field, last, end, r.max)
	if r.descending {
		next += ", order=desc"
	}
	return next
}

// covers says whether a key lies within the bounds, which are given in the order of the list: descending from start to end.
func (r listRange) covers(key string) bool {
	sign := 1
	if r.descending {
		sign = -1
	}
	from, to := sign*compare(key, r.start), sign*compare(key, r.end)
	return (r.start == "" || from > 0 || from == 0 && !r.afterStart) && (r.end == "" || to < 0 || to == 0 && !r.beforeEnd)
}

// compare orders numbers as numbers and everything else as text.
func compare(a, b string) int {
	x, errX := strconv.Atoi(a)
	y, errY := strconv.Atoi(b)
	if errX == nil && errY == nil {
		return x - y
	}
	return strings.Compare(a, b)
}
