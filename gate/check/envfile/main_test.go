package envfile

import (
	"testing"

	"github.com/dify-gate/dify-gate/gate/check/checktest"
)

// TestMain wants every rule of the kind reported by a test.
func TestMain(m *testing.M) { checktest.Main(m) }
