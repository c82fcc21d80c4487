package serve_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/cmd/dynomad/serve"
)

func TestARequestUnderWayIsFinishedAndNewOnesAreRefused(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()

	// An address that is taken is an error with a hint.
	busy := serve.HTTP(t.Context(), addr, http.NotFoundHandler(), serve.Log(io.Discard), nil)
	if dynomad.KindOf(busy) != dynomad.KindInvalid || dynomad.HintOf(busy) == "" {
		t.Errorf("a taken address: %v", busy)
	}
	_ = free.Close()

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	arrived, ready, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		time.Sleep(300 * time.Millisecond)
		_, _ = io.WriteString(w, "done")
	})
	go func() { ended <- serve.HTTP(ctx, addr, handler, serve.Log(io.Discard), func() { close(ready) }) }()
	<-ready

	answer := make(chan string, 1)
	go func() {
		resp, err := http.Get("http://" + addr)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer func() { _ = resp.Body.Close() }()
		body, _ := io.ReadAll(resp.Body)
		answer <- string(body)
	}()
	<-arrived
	stop()
	if got := <-answer; got != "done" {
		t.Errorf("the request under way got %q", got)
	}
	if err := <-ended; err != nil {
		t.Errorf("the end: %v", err)
	}
	if _, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
		t.Error("the address still accepts connections")
	}
}
