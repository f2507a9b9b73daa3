// Command gate is the deployment gate around a self-hosted Dify upgrade.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	silenceLibraries()
	// With someone listening, a write to a closed pipe is an error of the write
	// instead of the end of the process.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal, later, finds nobody listening and ends the process at once.
	// Not sooner: timeout(1) and others signal the process and its group.
	context.AfterFunc(ctx, func() { time.AfterFunc(time.Second, stop) })
	os.Exit(thisProcess().main(ctx))
}
