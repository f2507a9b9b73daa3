package slo

import (
	"testing"

	"github.com/dify-gate/dify-gate/gate/check/checktest"
)

func TestMain(m *testing.M) { checktest.Main(m) }
