package main

import "testing"

func TestGatewayOfAContainer(t *testing.T) {
	t.Parallel()
	const head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
	for routes, want := range map[string]string{
		head + "eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\neth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n": "172.17.0.1",
		head + "eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n":                                                             "",
		head + "tun0\t00000000\t00000000\t0001\neth0\t00000000\tZZ\t0003\n":                                                               "",
		"": "",
	} {
		if got := gateway(routes); got != want {
			t.Errorf("%q: %q, want %q", routes, got, want)
		}
	}
}

// TestRunnerAddressOnlyInAContainerAction: elsewhere localhost stays localhost.
func TestRunnerAddressOnlyInAContainerAction(t *testing.T) {
	t.Parallel()
	for name, env := range map[string]map[string]string{
		"a desk": {}, "a step on the runner": {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": "/home/runner/work/x/x"},
		"a job in a container": {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": "/__w/x/x"}, "not GitHub": {"GITHUB_WORKSPACE": "/github/workspace"},
	} {
		p := &process{lookup: func(k string) (string, bool) { v, ok := env[k]; return v, ok }}
		if got := p.runnerAddress(); got != "" {
			t.Errorf("%s: %q, want none", name, got)
		}
	}
}
