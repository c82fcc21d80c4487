// Command probe is the app that the e2e tests deploy: it does on request what tests need to see done from inside a dyno.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	run := serve
	if len(os.Args) > 1 && os.Args[1] == "worker" {
		run = work
	}
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(ctx context.Context) error {
	server := &http.Server{Addr: ":" + os.Getenv("PORT"), Handler: routes(), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		shut, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = server.Shutdown(shut)
	}()
	fmt.Printf("probe %s listens on %s\n", os.Getenv("VERSION"), server.Addr)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func work(ctx context.Context) error {
	for n := 1; ; n++ {
		fmt.Println("tick", n)
		select {
		case <-ctx.Done():
			fmt.Println("last words")
			return nil
		case <-time.After(time.Second):
		}
	}
}

func routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "%s %s\n", os.Getenv("DYNO"), os.Getenv("VERSION"))
	})
	mux.HandleFunc("GET /slow", func(w http.ResponseWriter, r *http.Request) {
		ms, _ := strconv.Atoi(r.FormValue("ms"))
		time.Sleep(time.Duration(ms) * time.Millisecond)
		fmt.Fprintln(w, os.Getenv("DYNO"))
	})
	mux.HandleFunc("GET /env", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, os.Getenv(r.FormValue("name"))) })
	mux.HandleFunc("GET /print", func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.FormValue("line"))
		fmt.Fprintln(w, "printed")
	})
	mux.HandleFunc("POST /exit", func(_ http.ResponseWriter, r *http.Request) {
		code, _ := strconv.Atoi(r.FormValue("code"))
		os.Exit(code)
	})
	mux.HandleFunc("GET /file", file)
	mux.HandleFunc("POST /write", write)
	mux.HandleFunc("GET /scan", scan)
	mux.HandleFunc("GET /variable", variable)
	return mux
}

// file answers with a file's bytes, or 403 with the reason why it cannot be read.
func file(w http.ResponseWriter, r *http.Request) {
	body, err := os.ReadFile(r.FormValue("path"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	_, _ = w.Write(body)
}

// write makes or changes a file, or answers 403 with the reason why it cannot.
func write(w http.ResponseWriter, r *http.Request) {
	f, err := os.OpenFile(r.FormValue("path"), os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	_ = f.Close()
}

// scan looks for a text in the environment of every process that /proc shows and in every small file below the given
// roots that can be read, and names where it was found.
func scan(w http.ResponseWriter, r *http.Request) {
	text := r.FormValue("text")
	environs, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range environs {
		look(w, path, text)
	}
	for _, root := range strings.Split(r.FormValue("roots"), ",") {
		_ = filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() {
				look(w, path, text)
			}
			return nil
		})
	}
	fmt.Fprintf(w, "scanned %d processes\n", len(environs))
}

func look(w io.Writer, path, text string) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }()
	body, _ := io.ReadAll(io.LimitReader(f, 1<<20))
	if strings.Contains(string(body), text) {
		fmt.Fprintf(w, "found %s\n", path)
	}
}

// variable asks Nomad for a variable with the dyno's own identity, and answers with Nomad's status.
func variable(w http.ResponseWriter, r *http.Request) {
	url := r.FormValue("nomad") + "/v1/var/" + r.FormValue("path") + "?namespace=" + os.Getenv("NOMAD_NAMESPACE")
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, url, nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	req.Header.Set("X-Nomad-Token", os.Getenv("NOMAD_TOKEN"))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	w.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(w, resp.Body)
}
