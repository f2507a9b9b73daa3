// Command gate is the deployment gate around a self-hosted Dify upgrade.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// With someone listening, a write to a closed pipe is an error of the write
	// instead of the end of the process.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The second signal finds nobody listening and ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(thisProcess().main(ctx))
}
