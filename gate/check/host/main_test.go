package host

import (
	"slices"
	"testing"

	"github.com/dify-gate/dify-gate/gate/check/checktest"
)

func TestMain(m *testing.M) {
	checktest.Main(m, slices.Concat(new(Port).Rules(), new(Process).Rules(), new(Runtime).Rules(),
		new(Firewall).Rules(), new(Logs).Rules(), new(Logrotate).Rules()))
}
