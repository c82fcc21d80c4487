package console

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dynomad/dynomad"
)

// frame is what stands around every page.
type frame struct {
	Title  string
	Assets string
	Email  string // of who is logged in, or ""
	Form   string // the token that every form carries
}

func (c *console) frame(title string, v *visit) frame {
	f := frame{Title: title, Assets: c.assets}
	if v != nil {
		f.Email, f.Form = v.Email, v.form
	}
	return f
}

// parsePages reads every page together with the frame around it. They are part of the program: one that cannot be read is
// found by the first test that makes a console.
func (c *console) parsePages() map[string]*template.Template {
	helpers := template.FuncMap{
		"ago":      func(t time.Time) string { return ago(t, c.Platform.Now()) },
		"stamp":    func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"hint":     dynomad.HintOf,
		"sentence": sentence,
	}
	pages := map[string]*template.Template{}
	for _, name := range []string{"login", "setup", "apps", "app", "error"} {
		page := template.New("frame.html").Funcs(helpers)
		pages[name] = template.Must(page.ParseFS(files, "pages/frame.html", "pages/live.html", "pages/"+name+".html"))
	}
	return pages
}

// show answers with a page. It is rendered before the first byte is sent, so that an error still becomes an error page.
func (c *console) show(w http.ResponseWriter, status int, page string, model any) error {
	return c.render(w, status, c.pages[page], model)
}

func (c *console) render(w http.ResponseWriter, status int, page *template.Template, model any) error {
	var text bytes.Buffer
	if err := page.Execute(&text, model); err != nil {
		return fmt.Errorf("render a page: %w", err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(text.Bytes()) // a reader who has gone needs no answer
	return nil
}

// ago is how long something has been, in one unit.
func ago(t, now time.Time) string {
	d := max(now.Sub(t), 0)
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}} {
		if d >= unit.length {
			return fmt.Sprintf("%d %s ago", d/unit.length, unit.name)
		}
	}
	return fmt.Sprintf("%d s ago", d/time.Second)
}

// sentence makes a sentence of an error's words. A name at its beginning ("web.1 exited …") keeps its small letter.
func sentence(text any) string {
	s := fmt.Sprint(text)
	if s == "" {
		return ""
	}
	word, _, _ := strings.Cut(s, " ")
	if first, size := utf8.DecodeRuneInString(s); !strings.ContainsAny(word, ".0123456789_`") {
		s = string(unicode.ToUpper(first)) + s[size:]
	}
	return strings.TrimSuffix(s, ".") + "."
}
