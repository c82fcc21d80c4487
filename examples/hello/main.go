// Command hello is the app that Dynomad's demo deploys: a web server, a worker and a clock in one program, without a
// dependency. It shows what an app needs to run well on Dynomad, which is what it needs on Heroku:
//
//   - it listens where $PORT says and writes its log to stdout,
//   - it keeps nothing on disk, and reads its settings from the environment,
//   - it ends by itself soon after a SIGTERM, finishing the requests that it has begun.
//
// The Procfile beside it names the three process types and dynomad.hcl says how many dynos of each there are.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout)
	stop()
	if err != nil {
		fmt.Println("hello:", err)
		os.Exit(1)
	}
}

// run is the process type that args names, until ctx ends.
func run(ctx context.Context, args []string, getenv func(string) string, out io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: hello web|worker|clock")
	}
	switch args[0] {
	case "web":
		return serve(ctx, getenv, out)
	case "worker":
		return work(ctx, 2*time.Second, out)
	case "clock":
		return tick(ctx, 5*time.Second, out)
	default:
		return fmt.Errorf("there is no process type %q", args[0])
	}
}
