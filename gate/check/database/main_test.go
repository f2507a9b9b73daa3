package database

import (
	"testing"

	"github.com/dify-gate/dify-gate/gate/check/checktest"
)

// TestMain wants every rule of the package's kinds reported by a test.
func TestMain(m *testing.M) { checktest.Main(m) }
