package main

import (
	"time"

	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// network is how every command reaches the deployment.
func (p *process) network(o networkOptions) (*probe.Network, error) {
	return probe.NewNetwork(probe.NetworkOptions{
		CACert: o.caCert, ClientCert: o.clientCert, ClientKey: o.clientKey,
		Insecure: o.insecure, Resolve: o.resolve, Getenv: p.getenv,
		UserAgent: "dify-gate/" + thisBuild().Version, HostAddress: p.runnerAddress(),
	})
}

// newEnv is what checks share, in every command. dir is absolute, or "".
func (p *process) newEnv(network *probe.Network, dir string) *check.Env {
	return &check.Env{Network: network, Dir: dir, WorkDir: p.dir, Now: time.Now(), Getenv: p.getenv}
}
