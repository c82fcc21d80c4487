// Command dynomad-agent is the log sidecar: it runs beside a dyno in its Nomad group and ships the dyno's output to Logplex.
// It is static and small, takes no arguments, and reads its configuration from the environment that Nomad gives it
// (agent.FromEnv says which variables). SIGTERM and SIGINT make it send the last lines and exit with 0.
package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/dynomad/dynomad/agent"
)

// memoryLimit keeps the collector at work where the kernel would kill: the task's own limit is 32 MiB.
const memoryLimit = 20 << 20

func main() {
	debug.SetMemoryLimit(memoryLimit)
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	// Nomad signals twice; the second must not kill, so the signals stay caught to the end.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	config, err := agent.FromEnv(os.Getenv)
	if err != nil {
		// Exiting would take the dyno down with the sidecar. It serves without its log, and says so here.
		log.Error("nothing is shipped: the environment is not complete", "error", err)
		<-ctx.Done()
		return
	}
	if err := agent.New(config, log).Run(ctx); err != nil {
		log.Error("shipping ended", "error", err)
	}
}
